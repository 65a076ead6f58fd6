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

/**
 * Hashes what a plan describes; `sources` are the absolute paths of the files that were planned, in their order.
 * Rejects STORAGE_FILE_CHANGED when a file is not as long as planned or changes meanwhile, and STORAGE_READ_FAILED or
 * STORAGE_ACCESS_DENIED when one cannot be read.
 */
export async function hashFiles(
  plan: TorrentPlan,
  sources: readonly string[],
  options: HashFilesOptions = {},
): Promise<TorrentHashes> {
  const threads = plan.length < WORTH_WORKERS ? 1 : (options.threads ?? availableParallelism());
  await using pool = new DiskPool(threads - 1);
  pool.warm();
  const { hashPlan } = await import('./plan-hashing.ts');
  return await hashPlan(plan, sources, pool, options);
}
