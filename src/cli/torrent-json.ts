/** What `--json` says of a torrent. Field names are a contract: they are only added to. */
import type { SealedDescription } from '../app/sealed-torrent/index.ts';
import type { Magnet } from '../app/torrent-file/index.ts';
import { addressKey } from '../base/address.ts';
import { toHex } from '../base/bytes.ts';
import type { ByteCount, FileIndex } from '../base/units.ts';
import type { FileEntry, InfoHashes, Metainfo, TransportPolicy } from '../codec/metainfo/index.ts';
import type { ReadTorrent } from './torrent-input.ts';
import { torrentWarnings, type TorrentWarning } from './torrent-warnings.ts';

export interface FileJson {
  /** Below the torrent's name (a single file: its name), elements joined by `/`, as it is stored. */
  readonly path: string;
  readonly length: ByteCount;
  /** BEP 47: p pad, x executable, h hidden, l symlink. */
  readonly attr?: string;
  readonly symlink?: string;
}

export interface TorrentJson {
  readonly infoHashV1: string | null;
  readonly infoHashV2: string | null;
  readonly name: string;
  readonly totalSize: ByteCount;
  readonly pieceLength: ByteCount;
  readonly pieceCount: number;
  readonly files: readonly FileJson[];
  readonly private: boolean;
  readonly source: string | null;
  readonly trackers: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
  readonly httpSeeds: readonly string[];
  readonly nodes: readonly (readonly [string, number])[];
  readonly comment: string | null;
  readonly createdBy: string | null;
  readonly creationDate: number | null;
  readonly similar: readonly string[];
  readonly collections: readonly string[];
  readonly warnings: readonly TorrentWarning[];
}

type Unknown<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]: T[P] | null };

export type MagnetJson = Unknown<TorrentJson, 'name' | 'totalSize' | 'pieceLength' | 'pieceCount' | 'private'> & {
  readonly peers: readonly string[];
  readonly select: readonly FileIndex[] | null;
};

export function describeTorrent(metainfo: Metainfo): TorrentJson {
  const { info } = metainfo;
  return {
    ...describeHashes(metainfo.infoHashes),
    name: info.name,
    totalSize: info.totalSize,
    pieceLength: info.pieceLength,
    pieceCount: info.pieceCount,
    files: info.files.map((file) => describeFile(file, info.isSingleFile)),
    private: info.isPrivate,
    source: info.source,
    trackers: metainfo.trackers,
    webSeeds: metainfo.webSeeds,
    httpSeeds: metainfo.httpSeeds,
    nodes: metainfo.nodes,
    comment: metainfo.comment,
    createdBy: metainfo.createdBy,
    creationDate: metainfo.creationDate,
    similar: metainfo.similar.map(toHex),
    collections: metainfo.collections,
    warnings: torrentWarnings(metainfo),
  };
}

/** The same fields for a magnet link; null or empty where it does not say. */
export function describeMagnet(magnet: Magnet): MagnetJson {
  return {
    ...describeHashes(magnet.infoHashes),
    name: magnet.name,
    totalSize: magnet.length,
    pieceLength: null,
    pieceCount: null,
    files: [],
    private: null,
    source: null,
    trackers: magnet.trackers.map((url) => [url]),
    webSeeds: magnet.webSeeds,
    httpSeeds: [],
    nodes: [],
    comment: null,
    createdBy: null,
    creationDate: null,
    similar: [],
    collections: [],
    warnings: [],
    peers: magnet.peers.map(addressKey),
    select: magnet.select,
  };
}

/** Both hashes as hex; null where the torrent has none. */
export function describeHashes(hashes: InfoHashes): { infoHashV1: string | null; infoHashV2: string | null } {
  return {
    infoHashV1: hashes.v1 === null ? null : toHex(hashes.v1),
    infoHashV2: hashes.v2 === null ? null : toHex(hashes.v2),
  };
}

/** Each hash with what it is called, for people: a hybrid torrent has two, and clients show one or the other. */
export function namedHashes(hashes: InfoHashes): string[] {
  const { infoHashV1: v1, infoHashV2: v2 } = describeHashes(hashes);
  return v1 !== null && v2 !== null ? [`info hash v1 ${v1}`, `info hash v2 ${v2}`] : [`info hash ${v1 ?? v2}`];
}

/** One name for people: the v1 hash, or the v2 hash where there is no other. */
export function shortHash(hashes: InfoHashes): string {
  const { infoHashV1, infoHashV2 } = describeHashes(hashes);
  return infoHashV1 ?? infoHashV2 ?? '';
}

/** The path of a file without the torrent's own folder. */
export function pathBelowName(file: Pick<FileEntry, 'path'>, isSingleFile: boolean): readonly string[] {
  return isSingleFile ? file.path : file.path.slice(1);
}

function describeFile(file: FileEntry, isSingleFile: boolean): FileJson {
  const attr = `${file.isPad ? 'p' : ''}${file.isExecutable ? 'x' : ''}${file.isHidden ? 'h' : ''}${file.symlink === null ? '' : 'l'}`;
  return {
    path: pathBelowName(file, isSingleFile).join('/'),
    length: file.length,
    ...(attr !== '' && { attr }),
    ...(file.symlink !== null && { symlink: file.symlink.join('/') }),
  };
}

export interface SealJson extends SealedDescription {
  /** Whether a key for it was there; what follows is null without. */
  readonly isOpen: boolean;
  readonly transport: TransportPolicy | null;
  /** Fingerprint of its author; null when it is not signed. */
  readonly signer: string | null;
  /** Name of the file that the swarm shares. */
  readonly carrier: string | null;
}

export function describeSeal(sealed: SealedDescription, torrent: ReadTorrent | null): SealJson {
  const seal = torrent?.metainfo.info.seal ?? null;
  return {
    ...sealed,
    isOpen: seal !== null,
    transport: seal?.transport ?? null,
    signer: torrent?.signer ?? null,
    carrier: seal?.carrier.path.join('/') ?? null,
  };
}
