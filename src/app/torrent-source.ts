/** From what a user names a torrent by (file, bytes, magnet link) to what the engine wants to know. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { PeerAddress } from '../base/address.ts';
import type { Digests } from '../base/digests.ts';
import { concat, toHex } from '../base/bytes.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import type { ByteCount, FileIndex } from '../base/units.ts';
import { decodeMagnet, decodeMetainfo, type Metainfo } from '../codec/metainfo/index.ts';
import type { TorrentIdentity, TorrentOptions, TrackerTiers } from '../engine/index.ts';
import { sourceError } from './errors.ts';

/** Largest torrent file that is read, bytes. */
const LARGEST_FILE: ByteCount = 256 * 1024 * 1024;

export interface NamedTorrent {
  readonly identity: TorrentIdentity;
  /** Addresses in the link (`x.pe`). */
  readonly peers: readonly PeerAddress[];
  /** Files chosen by the link (BEP 53), or null. */
  readonly select: readonly FileIndex[] | null;
}

type TrackerOptions = Pick<TorrentOptions, 'trackers' | 'replacesTrackers'>;

const trackersOf = (own: TrackerTiers, { trackers = [], replacesTrackers = false }: TrackerOptions): TrackerTiers =>
  replacesTrackers ? trackers : [...own, ...trackers];

/** Reads whatever names a torrent. Rejects SOURCE_*, METAINFO_*, MAGNET_*. */
export async function identify(
  source: string | Uint8Array | Metainfo,
  digests: Digests,
  options: TrackerOptions,
): Promise<NamedTorrent> {
  if (typeof source === 'string' && /^magnet:/i.test(source)) return fromMagnet(source, options);
  const bytes = typeof source === 'string' ? await readTorrentFile(source) : source;
  const metainfo = bytes instanceof Uint8Array ? decodeMetainfo(bytes, digests) : bytes;
  const trackers = trackersOf(metainfo.trackers, options);
  return {
    identity: { infoHashes: metainfo.infoHashes, metainfo, name: metainfo.info.name, trackers },
    peers: [],
    select: null,
  };
}

function fromMagnet(link: string, options: TrackerOptions): NamedTorrent {
  const magnet = decodeMagnet(link);
  const { v1, v2 } = magnet.infoHashes;
  const name = magnet.name ?? toHex((v1 ?? v2) as Uint8Array);
  const own = magnet.trackers.map((url) => [url]);
  const trackers = trackersOf(own, options);
  return {
    identity: { infoHashes: magnet.infoHashes, metainfo: null, name, trackers },
    peers: magnet.peers,
    select: magnet.select,
  };
}

/** The bytes of a torrent file, bounded. A pipe or device has no size of its own, so it is bounded while it is read. */
export async function readTorrentFile(path: string, largest: ByteCount = LARGEST_FILE): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw sourceError('SOURCE_UNREADABLE', `"${path}" is a folder`, { details: { path } });
    if (found.size > largest) throw tooLarge(path, largest);
    if (found.isFile()) return await readFile(path);
    return await readTorrentStream(createReadStream(path), path, largest);
  } catch (cause) {
    if (codeOf(cause)?.startsWith('SOURCE_') === true) throw cause;
    const isMissing = codeOf(cause) === 'ENOENT';
    const code = isMissing ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE';
    const words = isMissing ? `there is no file "${path}"` : `cannot read ${path}: ${messageOf(cause)}`;
    throw sourceError(code, words, { cause, details: { path } });
  }
}

/** The bytes of a torrent that comes as a stream; `name` is for the words of an error. */
export async function readTorrentStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  largest: ByteCount = LARGEST_FILE,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size: ByteCount = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > largest) throw tooLarge(name, largest);
    parts.push(part);
  }
  return concat(parts);
}

const tooLarge = (name: string, largest: ByteCount): Error =>
  sourceError('SOURCE_TOO_LARGE', `${name} is no torrent file: it has more than ${largest} bytes`, {
    details: { path: name },
  });
