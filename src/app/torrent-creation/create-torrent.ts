/**
 * Makes a torrent of files on this machine: lists them, plans the piece space, hashes it on all cores, encodes.
 * The codec is loaded while the hashing workers are starting.
 */
import { basename, resolve } from 'node:path';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import { clientName } from '../../base/version.ts';
import type { Metainfo, TorrentFormat, TorrentPlan } from '../../codec/metainfo/index.ts';
import { HashWorkers } from '../../storage/file/index.ts';
import { creationError } from './errors.ts';
import { listFiles, type SkippedFile } from './list-files.ts';

export interface CreateOptions {
  /** Default `v1`: every client and tracker takes it. */
  readonly format?: TorrentFormat;
  /** Power of two from 16 KiB; chosen by size when not given. */
  readonly pieceLength?: ByteCount;
  /** Default: the name of the file or folder. */
  readonly name?: string;
  readonly isPrivate?: boolean;
  readonly source?: string;
  /** BEP 12 tiers. */
  readonly trackers?: readonly (readonly string[])[];
  readonly webSeeds?: readonly string[];
  readonly nodes?: readonly (readonly [host: string, port: number])[];
  readonly comment?: string;
  /** Default: the name of this client; null leaves it out. */
  readonly createdBy?: string | null;
  /** Left out when null or not given, so that the same input gives the same bytes. */
  readonly creationDate?: UnixSeconds | null;
  /** Take what symbolic links point to; by default links are left out and listed in `skipped`. */
  readonly followSymlinks?: boolean;
  /** A file below the path that is not to be part of the torrent: the torrent itself. */
  readonly exclude?: string;
  /** Make it a sealed torrent: its one file is the content encrypted. */
  readonly seal?: SealOptions;
  /** Default: one a core. */
  readonly threads?: number;
  readonly onProgress?: (done: ByteCount, total: ByteCount) => void;
  readonly signal?: AbortSignal;
}

/** docs/spec/sealed-torrent.md. */
export interface SealOptions {
  /** 32 random bytes, for this torrent alone. */
  readonly contentKey: Uint8Array;
  /** Name of the one file: says nothing of the content. */
  readonly carrierName: string;
  /** Its length for a length of the content; not less. */
  readonly carrierLength: (length: ByteCount) => ByteCount;
}

export interface CreatedTorrent {
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
  /** What lies on the disk: of a sealed torrent not what the torrent says. */
  readonly plan: TorrentPlan;
  /** What was found below the path and left out. */
  readonly skipped: readonly SkippedFile[];
}

/** Rejects CREATE_* for files that cannot be shared and METAINFO_CREATE_* for a torrent that cannot be. */
export async function createTorrent(path: string, options: CreateOptions = {}): Promise<CreatedTorrent> {
  const listing = await listFiles(resolve(path), {
    followSymlinks: options.followSymlinks === true,
    exclude: options.exclude ?? null,
    signal: options.signal ?? null,
  });
  const length = listing.files.reduce((sum, file) => sum + file.length, 0);
  await using workers = new HashWorkers(length, options.threads);
  const [{ decodeMetainfo, encodeTorrent, planSealedTorrent, planTorrent }, { nodeDigests }] = await Promise.all([
    import('../../codec/metainfo/index.ts'),
    import('../../crypto/digests.ts'),
  ]);
  const { seal, ...rest } = options;
  const planned = {
    format: options.format ?? 'v1',
    name: nameOf(path, options.name),
    isSingleFile: listing.isSingleFile,
    pieceLength: options.pieceLength,
  };
  const sealed = seal && planSealedTorrent(listing.files, { ...planned, ...seal });
  const plan = sealed?.carrier ?? planTorrent(listing.files, planned);
  const content = sealed?.content ?? plan;
  const hashes = await workers.hash(
    plan,
    listing.files.map((file) => file.source),
    { ...rest, ...(seal && { seal: { content, contentKey: seal.contentKey } }) },
  );
  const { trackers, webSeeds, nodes, comment, source, isPrivate, createdBy, creationDate } = options;
  const bytes = encodeTorrent(plan, hashes, {
    trackers,
    webSeeds,
    nodes,
    comment,
    source,
    isPrivate,
    createdBy: createdBy === null ? undefined : (createdBy ?? clientName),
    creationDate: creationDate ?? undefined,
  });
  return { bytes, metainfo: decodeMetainfo(bytes, nodeDigests), plan: content, skipped: listing.skipped };
}

function nameOf(path: string, given: string | undefined): string {
  const name = given ?? basename(resolve(path));
  if (name === '') throw creationError('CREATE_NAME', `${path} has no name of its own`);
  return name;
}
