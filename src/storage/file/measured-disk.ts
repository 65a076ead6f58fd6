/** A disk that counts what it does, for those who watch: how many jobs of each kind, how long they took, how many failed. */
import type { Clock } from '../../base/clock.ts';
import type { Disk, RunOptions } from './disk.ts';
import type { JobInput, JobKind, JobResult } from './disk-jobs.ts';

export interface KindUse {
  /** Jobs that are done, failed ones too. */
  jobs: number;
  /** From giving the jobs to their results, in sum. */
  seconds: number;
  failures: number;
}

export interface DiskUse {
  /** Jobs that were given and have no result yet. */
  readonly waiting: number;
  readonly kinds: Readonly<Partial<Record<JobKind, Readonly<KindUse>>>>;
}

export class MeasuredDisk implements Disk {
  readonly #disk: Disk;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #kinds: Partial<Record<JobKind, KindUse>> = {};
  #waiting = 0;

  constructor(disk: Disk, clock: Pick<Clock, 'now'>) {
    this.#disk = disk;
    this.#clock = clock;
  }

  get width(): number {
    return this.#disk.width;
  }

  get use(): DiskUse {
    return { waiting: this.#waiting, kinds: this.#kinds };
  }

  warm(): void {
    this.#disk.warm();
  }

  async run<K extends JobKind>(kind: K, job: JobInput<K>, options?: RunOptions): Promise<JobResult<K>> {
    const use = (this.#kinds[kind] ??= { jobs: 0, seconds: 0, failures: 0 });
    const begun = this.#clock.now();
    this.#waiting++;
    try {
      return await this.#disk.run(kind, job, options);
    } catch (error) {
      use.failures++;
      throw error;
    } finally {
      this.#waiting--;
      use.jobs++;
      use.seconds += (this.#clock.now() - begun) / 1000;
    }
  }

  release(torrent: number): Promise<void> {
    return this.#disk.release(torrent);
  }

  forget(buffer: number): void {
    this.#disk.forget(buffer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk[Symbol.asyncDispose]();
  }
}
