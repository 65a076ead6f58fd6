/**
 * The life of one torrent: the state that it is in, and what leads from one to the next. It rests until it is started;
 * then its data is opened, it works, and rests again when it is paused or has failed. What works meanwhile is its
 * torrent's affair (`LifecyclePort`).
 */
import { DstError, messageOf } from '../../base/errors.ts';
import { engineError } from '../errors.ts';
import type { OpenContent } from './content.ts';
import type { TorrentState } from './status.ts';
import type { CloseOptions, TorrentData } from './torrent-data.ts';

export interface LifecyclePort {
  stateChanged(state: TorrentState): void;
  /** It begins without metadata, which is to be found. */
  seekMetadata(): void;
  /** It is known what is there of the data, and it is about to be written; throws when it must not. */
  writes(): void;
  /** The data is known: what is missing is downloaded, or it seeds. */
  work(content: OpenContent): void;
  /** Everything that works ends at once; resolves when those concerned have been told. */
  rest(state: TorrentState): Promise<void>;
}

export class Lifecycle {
  readonly #data: TorrentData;
  readonly #port: LifecyclePort;
  #state: TorrentState;
  #isRunning = false;
  /** Aborted when the torrent is paused, fails or closes while its data is opened: that is void then. */
  #opening: AbortController | null = null;
  /** It runs to be checked only, and rests afterwards. */
  #isOnlyChecked = false;

  constructor(data: TorrentData, isPaused: boolean, port: LifecyclePort) {
    this.#data = data;
    this.#port = port;
    this.#state = isPaused ? { kind: 'paused' } : this.#firstState;
  }

  get state(): TorrentState {
    return this.#state;
  }

  /** Peers are welcome. */
  get isOpen(): boolean {
    return ['fetching-metadata', 'downloading', 'seeding'].includes(this.#state.kind);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  set(state: TorrentState): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    this.#port.stateChanged(state);
  }

  /** Begins, or begins again after a pause or a failure; changes nothing while it runs. Throws ENGINE_CLOSED. */
  start(): void {
    this.#start(false);
  }

  /** Tells what there is of the data of a torrent that rests. A failure is part of its state. */
  async look(): Promise<void> {
    if (!this.#data.isDescribed) return;
    let error: DstError | undefined;
    await this.#data.look().catch((reason: unknown) => {
      error = failureOf(reason);
    });
    if (this.#state.kind === 'paused') this.set({ kind: 'paused', ...(error !== undefined && { error }) });
  }

  async pause(): Promise<void> {
    if (this.#state.kind === 'paused' || this.#state.kind === 'closed') return;
    await this.#halt({ kind: 'paused' });
  }

  /** Hashes all data that is there, then goes on, or rests if it rested before. Rejects ENGINE_CLOSED. */
  async recheck(): Promise<void> {
    const isResting = this.#state.kind === 'paused';
    this.#data.forceCheck();
    await this.#halt({ kind: 'paused' });
    this.#start(isResting && this.#data.isDescribed);
  }

  /** Rests for a change of its data, which is given what it must await; then it goes on, or is looked at. */
  async restFor(change: (rested: Promise<void>) => Promise<void>): Promise<void> {
    this.#refuseClosed();
    const { isRunning, state } = this;
    const rest = Promise.withResolvers<void>();
    // Queued before it is told that it rests: whoever starts it at that must not be shown the old data.
    const changed = change(rest.promise);
    rest.resolve(this.#halt(isRunning ? { kind: 'paused' } : state));
    await changed;
    if (isRunning) this.start();
    else await this.look();
  }

  /** The metadata has been found. */
  metadataFound(): void {
    this.set(this.#firstState);
    void this.#open();
  }

  /** Fails when its data is gone from where it lay, as with a drive that was unplugged. */
  async checkFolder(): Promise<void> {
    const { content } = this.#data;
    try {
      await this.#data.checkFolder();
    } catch (error) {
      this.contentFailed(content, error);
    }
  }

  /** Content could not be used; that of earlier runs is no matter any more. */
  contentFailed(content: OpenContent | null, error: unknown): void {
    if (this.isOpen && content === this.#data.content) this.fail(error);
  }

  /** Whether more may be written; if not it fails, or will when it starts. */
  mayWrite(): boolean {
    try {
      if (this.#data.content !== null) this.#port.writes();
      return true;
    } catch (error) {
      if (this.isOpen) this.fail(error);
      else this.#data.distrust();
      return false;
    }
  }

  /** Told by its state alone: who hears that has a log, and says it once. */
  fail(error: unknown): void {
    if (this.#state.kind === 'failed' || this.#state.kind === 'closed') return;
    this.#data.distrust();
    void this.#halt({ kind: 'failed', error: failureOf(error) });
  }

  /** Ends for good. */
  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#state.kind === 'closed') return;
    await this.#halt({ kind: 'closed' });
    await this.#data.close(options);
  }

  #refuseClosed(): void {
    if (this.#state.kind === 'closed') throw engineError('ENGINE_CLOSED', 'the torrent has been removed');
  }

  /** Of a torrent that begins; `checking` without pieces: it waits to be looked at. */
  get #firstState(): TorrentState {
    return this.#data.isDescribed ? { kind: 'checking', done: 0, total: 0 } : { kind: 'fetching-metadata' };
  }

  #start(isOnlyChecked: boolean): void {
    this.#refuseClosed();
    this.#isOnlyChecked = isOnlyChecked;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.set(this.#firstState);
    if (this.#data.isDescribed) void this.#open();
    else this.#port.seekMetadata();
  }

  /** From the metadata to work. */
  async #open(): Promise<void> {
    if (!this.#isRunning) return;
    const opening = new AbortController();
    const { signal } = opening;
    this.#opening = opening;
    try {
      let isReady = false;
      const content = await this.#data.open(signal, () => {
        isReady = !this.#isOnlyChecked;
        if (isReady) this.#port.writes();
        return isReady;
      });
      if (signal.aborted) return;
      if (isReady) this.#port.work(content);
      else if (this.#isOnlyChecked) await this.pause();
      else void this.#open(); // started while it was checked
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      if (this.#opening === opening) this.#opening = null;
    }
  }

  /** Stops everything that runs. State and parts change at once; goodbyes and flushing follow. */
  async #halt(state: TorrentState): Promise<void> {
    this.#opening?.abort();
    this.#isRunning = false;
    this.set(state);
    await this.#port.rest(state);
    if (state.kind !== 'closed') await this.#data.tryFlush();
  }
}

const failureOf = (cause: unknown): DstError =>
  cause instanceof DstError
    ? cause
    : engineError('ENGINE_STORAGE_FAILED', `the data could not be read or written: ${messageOf(cause)}`, { cause });
