/**
 * Where disk jobs are run: in workers, or in the calling thread (the twin that unit tests and one-core hosts use).
 */
import type { ByteCount } from '../../base/units.ts';
import type { PoolBuffer } from '../storage.ts';
import type { JobInput, JobKind, JobResult } from './disk-jobs.ts';

export interface RunOptions {
  /** The pool buffer that the job names. */
  readonly buffer?: PoolBuffer;
  /** Bytes to be worked on, for an even spread over the workers. */
  readonly cost?: ByteCount;
}

export interface Disk extends AsyncDisposable {
  /** How many jobs can run at the same time. */
  readonly width: number;
  /** Starts the workers now rather than with the first job. */
  warm(): void;
  run<K extends JobKind>(kind: K, job: JobInput<K>, options?: RunOptions): Promise<JobResult<K>>;
  /** Closes the files of a torrent in every worker. */
  release(torrent: number): Promise<void>;
  /** Forgets a buffer whose memory was given up. */
  forget(buffer: number): void;
}
