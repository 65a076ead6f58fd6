/**
 * The decoded form of a torrent: what an info dictionary (BEP 3, 47, 52) and the keys around it say, after every
 * validation rule has passed. Values are immutable; byte strings are views of the input where they are large.
 */
import type { ByteCount, UnixSeconds } from '../../base/units.ts';

/** One file in the order of the piece space. Pad files are listed, because v1 piece hashes cover them. */
export interface FileEntry {
  /**
   * Where the file is stored, relative to the save folder and made safe for every platform. For a multi-file
   * torrent the first element is the torrent's (safe) name.
   */
  readonly path: readonly string[];
  /** The path as written in the torrent (below the name), for web-seed URLs and display; invalid UTF-8 as U+FFFD. */
  readonly originalPath: readonly string[];
  readonly length: ByteCount;
  /** First byte of the file in the piece space. With v2 a multiple of the piece length, unless the file is empty. */
  readonly offset: ByteCount;
  /** BEP 47: zeros that only align the next file; never stored. */
  readonly isPad: boolean;
  readonly isExecutable: boolean;
  readonly isHidden: boolean;
  /** BEP 47 symlink target as path elements below the torrent's folder, or null. Its length is 0. */
  readonly symlink: readonly string[] | null;
  /** v2 merkle root, 32 bytes; null in v1 torrents, for pads and for empty files. */
  readonly piecesRoot: Uint8Array | null;
}

/** What makes a torrent a sealed one (sealed.ts). */
export interface Seal {
  /** 32 bytes. */
  readonly contentKey: Uint8Array;
  /** By which peers who can read it know each other, 32 bytes. */
  readonly peerSecret: Uint8Array;
  /** The one file that the swarm knows. */
  readonly carrier: FileEntry;
  /** What its author demands of connections between peers. */
  readonly transport: TransportPolicy;
}

/**
 * How peers who can read a sealed torrent speak to each other. `required`: over a connection that is authenticated and
 * safe from quantum computers, or not at all; `prefer`: over such a one where the other side can; `off`: as any torrent.
 */
export type TransportPolicy = 'required' | 'prefer' | 'off';

/** The info dictionary; of a sealed torrent the files are those of its content. */
export interface Info {
  /** Display name, made safe. */
  readonly name: string;
  readonly originalName: string;
  readonly hasV1: boolean;
  readonly hasV2: boolean;
  readonly pieceLength: ByteCount;
  /** Number of pieces in the piece space. */
  readonly pieceCount: number;
  readonly files: readonly FileEntry[];
  /** True when the torrent is one file without a folder. */
  readonly isSingleFile: boolean;
  /** End of the piece space: bytes including pads and alignment gaps, excluding a gap after the last file. */
  readonly length: ByteCount;
  /** Sum of the files without pads: what people call the size. */
  readonly totalSize: ByteCount;
  /** v1: 20 bytes for each piece; null without v1. */
  readonly pieces: Uint8Array | null;
  /** Null unless the torrent is sealed and its key is known. */
  readonly seal: Seal | null;
  /** BEP 27. */
  readonly isPrivate: boolean;
  readonly source: string | null;
  /** The bencoded dictionary exactly as received: what is hashed and what BEP 9 serves. */
  readonly raw: Uint8Array;
}

/** At least one is set. For a hybrid torrent both are. */
export interface InfoHashes {
  /** SHA-1 of the raw info dictionary, 20 bytes. */
  readonly v1: Uint8Array | null;
  /** SHA-256 of the raw info dictionary, 32 bytes; on the wire and at trackers its first 20 bytes (BEP 52). */
  readonly v2: Uint8Array | null;
}

/** A torrent file. */
export interface Metainfo {
  readonly info: Info;
  readonly infoHashes: InfoHashes;
  /** v2: hex of the file's root → its piece layer (32 bytes a piece); may lack files (fetched from peers). */
  readonly pieceLayers: ReadonlyMap<string, Uint8Array>;
  /** BEP 12 tiers; `announce` alone is one tier of one. */
  readonly trackers: readonly (readonly string[])[];
  /** BEP 19 `url-list`. */
  readonly webSeeds: readonly string[];
  /** BEP 17 `httpseeds`. */
  readonly httpSeeds: readonly string[];
  /** BEP 5 `nodes`: host and port. */
  readonly nodes: readonly (readonly [host: string, port: number])[];
  readonly comment: string | null;
  readonly createdBy: string | null;
  readonly creationDate: UnixSeconds | null;
  /** BEP 38: info hashes (20 or 32 bytes) and collection names, from info or from beside it. */
  readonly similar: readonly Uint8Array[];
  readonly collections: readonly string[];
}

/** A torrent of which only the info dictionary and trackers are known, as from a magnet link. */
export function bareMetainfo(
  { info, infoHashes }: Pick<Metainfo, 'info' | 'infoHashes'>,
  trackers: Metainfo['trackers'],
): Metainfo {
  return {
    info,
    infoHashes,
    pieceLayers: new Map(),
    trackers,
    webSeeds: [],
    httpSeeds: [],
    nodes: [],
    comment: null,
    createdBy: null,
    creationDate: null,
    similar: [],
    collections: [],
  };
}

/** The files as the swarm knows them, with their merkle roots. */
export const swarmFiles = ({ seal, files }: Pick<Info, 'seal' | 'files'>): readonly FileEntry[] =>
  seal === null ? files : [seal.carrier];

/** The 20-byte names of the swarms that a torrent joins: v1, truncated v2, or both (hybrid), v1 first. */
export function swarmHashes(hashes: InfoHashes): Uint8Array[] {
  const names: Uint8Array[] = [];
  if (hashes.v1 !== null) names.push(hashes.v1);
  if (hashes.v2 !== null) names.push(hashes.v2.subarray(0, 20));
  return names;
}
