/** The in-process twin of the disk workers: for tests, and where the calling thread has nothing else to do. */
import type { Disk, RunOptions } from './disk.ts';
import { DiskContext } from './disk-context.ts';
import type { JobInput, JobKind, JobResult } from './disk-jobs.ts';
import { runJob } from './run-job.ts';

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
