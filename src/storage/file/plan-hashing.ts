/** The hashing of a planned torrent: batches of pieces over all threads, and what becomes of their results. */
import { setImmediate } from 'node:timers/promises';
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import {
  type FileEntry,
  type FileHashes,
  Geometry,
  type TorrentHashes,
  type TorrentPlan,
} from '../../codec/metainfo/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { forgetKey, sharedKey } from '../content-cipher.ts';
import { storageError } from '../errors.ts';
import { LEAF_LENGTH, merkleRoot, NODE_LENGTH } from '../merkle-root.ts';
import type { Disk } from './disk.ts';
import type { HashJob, HashOutcome, MerkleSpans, Site } from './disk-jobs.ts';
import { InlineDisk } from './inline-disk.ts';
import type { Place } from './layout.ts';

/** A sealed torrent: the plan is that of the carrier, the files are those of the content. */
export interface HashedSeal {
  readonly content: TorrentPlan;
  /** 32 bytes. */
  readonly contentKey: Uint8Array;
}

export interface HashFilesOptions {
  readonly seal?: HashedSeal;
  readonly onProgress?: (done: ByteCount, total: ByteCount) => void;
  readonly signal?: AbortSignal;
}

/** Most bytes of a batch: about 10 ms of work, of which the way between the threads costs a hundredth. */
const BATCH: ByteCount = 16 * 1024 * 1024;
/** A batch is at most this part of what is left for each thread, so that all of them end at the same time. */
const SHARES = 4;
/** Batches that a worker has ahead: it does not run dry while the calling thread hashes a batch of its own. */
const LANES = 3;

const sha256 = (data: Uint8Array): Uint8Array => nodeDigests.sha256(data);

/** Hashes a plan in the workers of a pool and in the calling thread. */
export async function hashPlan(
  plan: TorrentPlan,
  sources: readonly string[],
  pool: Disk,
  options: HashFilesOptions,
): Promise<TorrentHashes> {
  await using inline = new InlineDisk();
  using hashing = new PlanHashing(plan, sources, options.seal ?? null);
  const queue = shrinkingBatches(plan, pool.width + 1);
  let done = 0;
  const lane = async (disk: Disk): Promise<void> => {
    for (const batch of queue) {
      // Messages of the workers and the caller's own events have their turn between two batches of this thread.
      if (disk === inline) await setImmediate();
      options.signal?.throwIfAborted();
      await hashing.hash(batch, disk);
      done = Math.min(plan.length, done + batch.length * plan.pieceLength);
      options.onProgress?.(done, plan.length);
    }
  };
  await Promise.all([...Array.from({ length: LANES * pool.width }, () => lane(pool)), lane(inline)]);
  await hashing.checkUnchanged(inline);
  return hashing.results();
}

/** All pieces of a plan in order, in batches that become small towards the end; `threads` share them. */
export function* shrinkingBatches(
  { pieceCount, pieceLength }: Pick<TorrentPlan, 'pieceCount' | 'pieceLength'>,
  threads: number,
): IterableIterator<PieceIndex[]> {
  const most = Math.floor(BATCH / pieceLength);
  for (let first = 0; first < pieceCount; ) {
    const share = Math.floor((pieceCount - first) / (SHARES * threads));
    const size = Math.max(1, Math.min(most, share));
    yield Array.from({ length: size }, (_, i) => first + i);
    first += size;
  }
}

class PlanHashing implements Disposable {
  readonly geometry: Geometry;
  readonly #site: Site;
  readonly #plan: TorrentPlan;
  /** What lies on the disk. */
  readonly #content: TorrentPlan;
  readonly #layout: Geometry;
  readonly #sources: readonly string[];
  readonly #pieces: Uint8Array | null;
  /** Merkle root of each piece, or null for v1. */
  readonly #roots: Uint8Array | null;
  /** Modification time of each file when it was first read. */
  readonly #stamps = new Map<number, number>();

  constructor(plan: TorrentPlan, sources: readonly string[], seal: HashedSeal | null) {
    this.geometry = new Geometry(plan);
    const contentKey = seal && sharedKey(seal.contentKey);
    this.#site = { torrent: 0, root: '', isStrict: false, device: null, contentKey };
    this.#plan = plan;
    this.#content = seal?.content ?? plan;
    this.#layout = new Geometry(this.#content);
    this.#sources = sources;
    this.#pieces = plan.hasV1 ? new Uint8Array(20 * plan.pieceCount) : null;
    this.#roots = plan.format === 'v1' ? null : new Uint8Array(NODE_LENGTH * plan.pieceCount);
  }

  /** Forgets the key. */
  [Symbol.dispose](): void {
    forgetKey(this.#site);
  }

  async hash(batch: readonly PieceIndex[], disk: Disk): Promise<void> {
    const job = this.#job(batch);
    const outcome = await disk.run('hash', job, { cost: batch.length * this.#plan.pieceLength });
    const unreadable = outcome.isThere.indexOf(0);
    if (unreadable >= 0) throw this.#changed(job, unreadable);
    this.#keep(batch[0] as PieceIndex, outcome);
  }

  /** A file that was written to while it was read has a later time, or it is not as long as planned. */
  async checkUnchanged(disk: Disk): Promise<void> {
    const files = [...this.#content.files.entries()].filter(([, file]) => !file.isPad && file.length > 0);
    const paths = files.map(([index]) => this.#source(index));
    const { stats } = await disk.run('survey', { site: this.#site, journal: null, paths, partsFolder: '' });
    for (const [i, [index, file]] of files.entries()) {
      const isSame = stats[2 * i] === file.length && stats[2 * i + 1] === this.#stamps.get(index);
      if (!isSame) throw fileChanged(paths[i] as string);
    }
  }

  results(): TorrentHashes {
    return { pieces: this.#pieces, files: this.#plan.files.map((file) => this.#fileHashes(file)) };
  }

  #job(batch: readonly PieceIndex[]): HashJob {
    const { pieceLength, hasV1 } = this.#plan;
    const sizes = Uint32Array.from(batch, (piece) => this.geometry.pieceSize(piece));
    const start = this.geometry.pieceOffset(batch[0] as PieceIndex);
    const length = (batch.length - 1) * pieceLength + (sizes.at(-1) as number);
    const merkle = this.#roots === null ? null : this.#spans(batch);
    return {
      site: this.#site,
      offset: start,
      pieceLength,
      sizes,
      places: this.#places(start, length),
      hasSha1: hasV1,
      merkle,
    };
  }

  #places(offset: ByteCount, length: ByteCount): Place[] {
    const { length: end } = this.#layout;
    if (offset >= end) return [];
    return this.#layout
      .slices(offset, Math.min(length, end - offset))
      .flatMap(({ file, fileOffset, at, length: part }) => {
        if (file < 0) return [];
        const { length: fileLength, isExecutable } = this.#content.files[file] as FileEntry;
        return [
          { key: file, path: this.#source(file), offset: fileOffset, at, length: part, fileLength, isExecutable },
        ];
      });
  }

  /** In v2 and hybrid torrents each piece holds bytes of one file only. */
  #spans(batch: readonly PieceIndex[]): MerkleSpans {
    const files = batch.map(
      (piece) => this.#plan.files[this.geometry.fileAt(this.geometry.pieceOffset(piece))] as FileEntry,
    );
    const left = (file: FileEntry, i: number): number =>
      file.offset + file.length - this.geometry.pieceOffset(batch[i] as PieceIndex);
    return {
      leaves: Uint32Array.from(files, (file) => leavesOf(Math.min(file.length, this.#plan.pieceLength))),
      lengths: Uint32Array.from(files, (file, i) => Math.min(this.#plan.pieceLength, left(file, i))),
    };
  }

  #keep(first: PieceIndex, outcome: HashOutcome): void {
    this.#pieces?.set(outcome.sha1, 20 * first);
    this.#roots?.set(outcome.roots, NODE_LENGTH * first);
    for (let i = 0; i < outcome.stamps.length; i += 2) {
      const [file, stamp] = outcome.stamps.slice(i, i + 2) as [number, number];
      this.#stamps.set(file, this.#stamps.has(file) && this.#stamps.get(file) !== stamp ? Number.NaN : stamp);
    }
  }

  #fileHashes(file: FileEntry): FileHashes | null {
    if (this.#roots === null || file.isPad || file.length === 0) return null;
    const { pieceLength } = this.#plan;
    const first = file.offset / pieceLength;
    const count = Math.ceil(file.length / pieceLength);
    const layer = this.#roots.slice(NODE_LENGTH * first, NODE_LENGTH * (first + count));
    if (count === 1) return { root: layer, pieceLayer: new Uint8Array(0) };
    const pad = merkleRoot(new Uint8Array(0), pieceLength / LEAF_LENGTH, sha256);
    return { root: merkleRoot(layer, powerOfTwo(count), sha256, pad), pieceLayer: layer };
  }

  #source(file: number): string {
    return this.#sources[this.#content.sources[file] as number] as string;
  }

  #changed(job: HashJob, i: number): Error {
    const from = i * job.pieceLength;
    const place = job.places.find((one) => one.at + one.length > from) as Place;
    return fileChanged(place.path);
  }
}

const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(count));

const leavesOf = (length: ByteCount): number => powerOfTwo(Math.ceil(length / LEAF_LENGTH));

const fileChanged = (path: string): Error =>
  storageError('STORAGE_FILE_CHANGED', `${path} changed while it was being hashed`, { details: { path } });
