/** Torrents that are being made of files on this machine: one at a time, the others wait; what is done is kept for a while. */
import type { Clock } from '../../base/clock.ts';
import { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import { codeOf } from '../../base/errors.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import { apiError, problemOf } from '../http-api/index.ts';
import type { CreatedTorrent, CreateOptions } from '../torrent-creation/index.ts';

/** Tasks that wait or run, and all that are kept; then the oldest that is done goes. */
const MOST_OPEN = 10;
const MOST_TASKS = 50;
/** Results that are kept, bytes. */
const MOST_BYTES: ByteCount = 64 * 1024 * 1024;

export type CreateTorrent = (path: string, options: CreateOptions) => Promise<CreatedTorrent>;

export interface CreationTask {
  readonly id: number;
  readonly path: string;
  readonly options: CreateOptions;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** Bytes that are hashed, and all; 0 until they are known. */
  hashed: ByteCount;
  total: ByteCount;
  readonly createdAt: UnixSeconds;
  /** Null: not yet. */
  startedAt: UnixSeconds | null;
  finishedAt: UnixSeconds | null;
  /** 40 digits; null until it is done. */
  result: CreatedTorrent | null;
  error: { readonly code: string; readonly detail: string } | null;
}

export class CreationTasks {
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #create: CreateTorrent;
  readonly #limit = new ConcurrencyLimit(1);
  /** Oldest first. */
  readonly #tasks = new Map<number, { readonly task: CreationTask; readonly cancelling: AbortController }>();
  #lastId = 0;

  constructor(clock: Pick<Clock, 'wall'>, create: CreateTorrent) {
    this.#clock = clock;
    this.#create = create;
  }

  all(): CreationTask[] {
    return [...this.#tasks.values()].map(({ task }) => task);
  }

  find(id: number): CreationTask | null {
    return this.#tasks.get(id)?.task ?? null;
  }

  /** Begins to make a torrent. `onDone` gets it. Throws API_BUSY. */
  add(path: string, options: CreateOptions, onDone: (created: CreatedTorrent) => Promise<void>): CreationTask {
    if (this.all().filter(isOpen).length >= MOST_OPEN) {
      throw apiError('API_BUSY', `${MOST_OPEN} torrents are being made already`);
    }
    const id = ++this.#lastId;
    const createdAt = this.#clock.wall();
    const task: CreationTask = {
      id,
      path,
      options,
      state: 'waiting',
      hashed: 0,
      total: 0,
      createdAt,
      startedAt: null,
      finishedAt: null,
      result: null,
      error: null,
    };
    const cancelling = new AbortController();
    this.#tasks.set(id, { task, cancelling });
    void this.#run(task, options, cancelling.signal, onDone);
    this.#forgetOld();
    return task;
  }

  /** Ends it when it runs, and forgets it. False when there is none. */
  remove(id: number): boolean {
    this.#tasks.get(id)?.cancelling.abort();
    return this.#tasks.delete(id);
  }

  /** Ends all. */
  close(): void {
    for (const id of [...this.#tasks.keys()]) this.remove(id);
  }

  async #run(
    task: CreationTask,
    options: CreateOptions,
    signal: AbortSignal,
    onDone: (created: CreatedTorrent) => Promise<void>,
  ): Promise<void> {
    const onProgress = (hashed: ByteCount, total: ByteCount): void => {
      [task.hashed, task.total] = [hashed, total];
    };
    try {
      await this.#limit.run(async () => {
        task.state = 'running';
        task.startedAt = this.#clock.wall();
        const created = await this.#create(task.path, { ...options, onProgress, signal });
        task.result = created;
        await onDone(created);
        task.state = 'done';
      }, signal);
    } catch (error) {
      const { code, detail = '' } = problemOf(error);
      task.error = { code: codeOf(error) ?? code, detail };
      task.state = 'failed';
    }
    task.finishedAt = this.#clock.wall();
    this.#forgetOld();
  }

  #forgetOld(): void {
    const done = this.all().filter((task) => !isOpen(task));
    let bytes = done.reduce((sum, { result }) => sum + (result?.bytes.length ?? 0), 0);
    for (const { id, result } of done.slice(0, -1)) {
      if (this.#tasks.size <= MOST_TASKS && bytes <= MOST_BYTES) break;
      bytes -= result?.bytes.length ?? 0;
      this.#tasks.delete(id);
    }
  }
}

const isOpen = ({ state }: CreationTask): boolean => state === 'waiting' || state === 'running';
