/**
 * Disk workers: a few threads that hash, read and write, so that the main thread only moves bytes. A job goes to the
 * worker with the least work; a worker holds a few jobs ahead, the rest waits here, so that a worker held up by a
 * slow disk does not hold up jobs that another could do. Jobs of one turn of the event loop travel in one message.
 * Workers are started when there is enough work for them, and end when there is none; or all are started by `warm`.
 */
import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import { type DstError, messageOf } from '../../base/errors.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import { type StorageErrorCode, storageError } from '../errors.ts';
import type { PoolBuffer } from '../storage.ts';
import type { Disk, RunOptions } from './disk.ts';
import type { JobInput, JobKind, JobResult } from './disk-jobs.ts';
import type { DiskWorkerData } from './disk.worker.ts';
import { type DiskReply, type DiskRequest, packInput, unpackResult } from './disk-messages.ts';

/** Jobs that a worker may hold: enough to never run dry between two turns of the main thread. */
const MOST_AHEAD = 8;
/** Work that a thread may hold before another one is started, bytes. A thread costs 14 MB for as long as it lives. */
const BUSY: ByteCount = 1024 * 1024;
/** Without work for this long threads end, ms: to start one takes 50 ms. */
const REST: Millis = 20_000;
/** What a job weighs besides its bytes, bytes. */
const JOB_COST = 16384;

/** The worker's module, beside this one: `.ts` in the source tree, `.js` in the published package. */
const workerUrl = new URL(`./disk.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** A worker makes little garbage: a small nursery keeps its memory small. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

/** A worker does not inherit the compile cache of its process; the environment hands it on. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: cache };
}

interface QueuedJob {
  readonly kind: JobKind;
  readonly input: JobInput<JobKind>;
  readonly buffer: PoolBuffer | undefined;
  readonly cost: ByteCount;
  readonly resolve: (result: never) => void;
  readonly reject: (error: DstError) => void;
}

/** One thread and what it was given. */
class DiskThread {
  readonly pending = new Map<number, QueuedJob>();
  /** Bytes of work it holds. */
  load: ByteCount = 0;
  readonly #onReply: () => void;
  readonly #onExit: (thread: DiskThread) => void;
  readonly #known = new Set<number>();
  readonly #worker: Worker;
  #outbox: QueuedJob[] = [];
  #forgotten: number[] = [];
  #nextId = 0;
  #isLost = false;

  constructor(url: URL, isYielding: boolean, onReply: () => void, onExit: (thread: DiskThread) => void) {
    this.#onReply = onReply;
    this.#onExit = onExit;
    const workerData: DiskWorkerData = { isYielding };
    this.#worker = new Worker(url, { name: 'disk', env: workerEnvironment(), resourceLimits, workerData });
    this.#worker.unref();
    this.#worker.on('message', (reply: DiskReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#lose(messageOf(error)));
    this.#worker.on('exit', () => this.#lose('it exited'));
  }

  /** Jobs held, posted or about to be. */
  get count(): number {
    return this.pending.size + this.#outbox.length;
  }

  post(job: QueuedJob): void {
    if (this.#outbox.length === 0) queueMicrotask(() => this.#flush());
    this.#outbox.push(job);
    this.load += job.cost;
  }

  forget(buffer: number): void {
    if (this.#known.delete(buffer)) this.#forgotten.push(buffer);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #flush(): void {
    if (this.#isLost || this.#outbox.length === 0) return;
    const memories: [number, SharedArrayBuffer][] = [];
    const jobs: unknown[] = [];
    if (this.pending.size === 0) this.#worker.ref();
    for (const job of this.#outbox) {
      if (job.buffer !== undefined && !this.#known.has(job.buffer.id)) {
        this.#known.add(job.buffer.id);
        memories.push([job.buffer.id, job.buffer.bytes.buffer as SharedArrayBuffer]);
      }
      const id = this.#nextId++;
      this.pending.set(id, job);
      jobs.push(id, job.kind, packInput(job.kind, job.input));
    }
    const forgotten = this.#forgotten;
    this.#outbox = [];
    this.#forgotten = [];
    this.#worker.postMessage({ memories, forgotten, jobs } satisfies DiskRequest);
  }

  #receive([id, result, fault]: DiskReply): void {
    const job = this.pending.get(id);
    if (job === undefined) return;
    this.pending.delete(id);
    this.load -= job.cost;
    if (this.pending.size === 0) this.#worker.unref();
    if (fault === undefined) job.resolve(unpackResult(job.kind, result) as never);
    else job.reject(storageError(fault[0] as StorageErrorCode, fault[1], { details: fault[2] }));
    this.#onReply();
  }

  #lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#onExit(this);
    const error = storageError('STORAGE_WORKER_LOST', `a disk worker ended: ${reason}`, { details: { reason } });
    for (const job of [...this.pending.values(), ...this.#outbox]) job.reject(error);
    this.pending.clear();
    this.#outbox = [];
  }
}

export interface DiskPoolOptions {
  /** Threads without work end; null (default): they stay. */
  readonly clock?: Pick<Clock, 'now' | 'after'> | null;
  /** The threads let others of this process go first (Linux). */
  readonly isYielding?: boolean;
  /** The worker's module; another one only in tests. */
  readonly url?: URL;
}

export class DiskPool implements Disk {
  readonly width: number;
  readonly #threads: DiskThread[] = [];
  readonly #queue: QueuedJob[] = [];
  readonly #url: URL;
  readonly #isYielding: boolean;
  /** Null: threads that were started stay. */
  #clock: Pick<Clock, 'now' | 'after'> | null;
  #lastWork: Millis = 0;
  #rest: Disposable | null = null;
  #isClosed = false;

  constructor(
    width: number = Math.min(2, availableParallelism()),
    { clock = null, isYielding = false, url = workerUrl }: DiskPoolOptions = {},
  ) {
    this.width = width;
    this.#clock = clock;
    this.#isYielding = isYielding;
    this.#url = url;
  }

  /** Starts all threads; they stay. */
  warm(): void {
    this.#clock = null;
    while (this.#threads.length < this.width) this.#threads.push(this.#start());
  }

  run<K extends JobKind>(kind: K, input: JobInput<K>, options: RunOptions = {}): Promise<JobResult<K>> {
    return new Promise((resolve, reject) => {
      const cost = JOB_COST + (options.cost ?? 0);
      this.#queue.push({ kind, input, buffer: options.buffer, cost, resolve, reject });
      this.#lastWork = this.#clock?.now() ?? 0;
      this.#awaitRest(REST);
      this.#dispatch();
    });
  }

  /** Lets every worker go through what it will do with pieces; see rehearsal.ts. */
  async rehearse(): Promise<void> {
    await this.#runEverywhere('rehearse', null);
  }

  async release(torrent: number): Promise<void> {
    await this.#runEverywhere('release', torrent);
  }

  /** A worker that is lost meanwhile is done with it by that. */
  async #runEverywhere<K extends JobKind>(kind: K, input: JobInput<K>): Promise<void> {
    await Promise.allSettled(
      this.#threads.map(
        (thread) =>
          new Promise<JobResult<K>>((resolve, reject) => {
            thread.post({ kind, input, buffer: undefined, cost: JOB_COST, resolve, reject });
          }),
      ),
    );
  }

  forget(buffer: number): void {
    for (const thread of this.#threads) thread.forget(buffer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#rest?.[Symbol.dispose]();
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** Looks, once there was time to rest, whether there was no work. */
  #awaitRest(delay: Millis): void {
    const clock = this.#clock;
    if (clock === null) return;
    this.#rest ??= clock.after(delay, () => {
      this.#rest = null;
      const left = REST - (clock.now() - this.#lastWork);
      const isBusy = this.#threads.some(({ count }) => count > 0);
      if (left > 0 || isBusy) this.#awaitRest(left > 0 ? left : REST);
      else for (const thread of this.#threads.splice(0)) void thread.terminate();
    });
  }

  #dispatch(): void {
    if (this.#isClosed) {
      const error = storageError('STORAGE_CLOSED', 'the disk workers are closed');
      for (const job of this.#queue.splice(0)) job.reject(error);
      return;
    }
    while (this.#queue.length > 0) {
      const best = this.#leastLoaded();
      if ((best === undefined || best.load > BUSY) && this.#threads.length < this.width) {
        this.#threads.push(this.#start());
      } else if (best === undefined) return;
      else best.post(this.#queue.shift() as QueuedJob);
    }
  }

  /** Of those that take more jobs. */
  #leastLoaded(): DiskThread | undefined {
    let best: DiskThread | undefined;
    for (const thread of this.#threads) {
      if (thread.count < MOST_AHEAD && (best === undefined || thread.load < best.load)) best = thread;
    }
    return best;
  }

  #start(): DiskThread {
    return new DiskThread(
      this.#url,
      this.#isYielding,
      () => this.#dispatch(),
      (lost) => {
        const at = this.#threads.indexOf(lost);
        if (at >= 0) this.#threads.splice(at, 1);
        queueMicrotask(() => {
          if (this.#queue.length > 0) this.#dispatch();
        });
      },
    );
  }
}
