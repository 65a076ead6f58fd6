/**
 * Hashes files for a new torrent, on all cores. The calling thread takes its share of the batches: it has nothing else
 * to do, begins while the workers are still starting, and small torrents need no worker at all. What the calling thread
 * needs for it is loaded after the workers were told to start.
 */
import { availableParallelism } from 'node:os';
import type { ByteCount } from '../../base/units.ts';
import type { TorrentHashes, TorrentPlan } from '../../codec/metainfo/index.ts';
import { DiskPool } from './disk-pool.ts';
import type { HashFilesOptions } from './plan-hashing.ts';

/** Below it, starting a worker takes longer than it saves, bytes. */
const WORTH_WORKERS: ByteCount = 64 * 1024 * 1024;

/** The workers for one torrent. They are started with it: make it as soon as the length is known, before the plan. */
export class HashWorkers implements AsyncDisposable {
  readonly #pool: DiskPool;

  /** `threads` hash, the calling one included; default one a core. */
  constructor(length: ByteCount, threads: number = availableParallelism()) {
    this.#pool = new DiskPool(length < WORTH_WORKERS ? 0 : threads - 1);
    this.#pool.warm();
  }

  /**
   * Hashes what a plan describes; `sources` are the absolute paths of the files that were planned, in their order.
   * Rejects STORAGE_FILE_CHANGED when a file is not as long as planned or changes meanwhile, and STORAGE_READ_FAILED or
   * STORAGE_ACCESS_DENIED when one cannot be read.
   */
  async hash(plan: TorrentPlan, sources: readonly string[], options: HashFilesOptions = {}): Promise<TorrentHashes> {
    const { hashPlan } = await import('./plan-hashing.ts');
    return await hashPlan(plan, sources, this.#pool, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}
