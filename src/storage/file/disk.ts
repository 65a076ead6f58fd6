/**
 * Where disk jobs are run: in workers, or in the calling thread (the twin that unit tests and one-core hosts use).
 */
import type { ByteCount } from '../../base/units.ts';
import type { PoolBuffer } from '../storage.ts';
import { DiskContext } from './disk-context.ts';
import type { JobInput, JobKind, JobResult } from './disk-jobs.ts';
import { runJob } from './run-job.ts';

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

/** Runs each job at once in the calling thread. */
export class InlineDisk implements Disk {
  readonly width = 1;
  readonly #context = new DiskContext();

  warm(): void {}

  run<K extends JobKind>(kind: K, job: JobInput<K>, options: RunOptions = {}): Promise<JobResult<K>> {
    const { buffer } = options;
    try {
      if (buffer !== undefined) this.#context.learn(buffer.id, buffer.bytes);
      return Promise.resolve(runJob(this.#context, kind, job));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  release(torrent: number): Promise<void> {
    this.#context.files.release(torrent);
    return Promise.resolve();
  }

  forget(buffer: number): void {
    this.#context.forget(buffer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#context.files.closeAll();
    return Promise.resolve();
  }
}
