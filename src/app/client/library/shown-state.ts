/**
 * The state that is seen of a torrent, and which of its changes are told. A start leads each torrent by way of the queue and
 * a look at its data back to what it was doing before. Nothing is told of that, for nothing has changed and there may be
 * thousands of them, unless it ends elsewhere.
 */
import type { ViewState } from '../torrent-view.ts';
import type { TorrentRecord } from './torrent-record.ts';

const ON_THE_WAY: readonly ViewState[] = ['queued', 'waiting-to-check'];

export class ShownState {
  #now: ViewState | null = null;
  /** As others know it; null: they know nothing yet. */
  #told: ViewState | null = null;
  /** What becomes of it after the start is not known yet. */
  #isReturning = false;

  get now(): ViewState | null {
    return this.#now;
  }

  /** It is one of an earlier run. */
  returns({ wanted, completedAt, hasMetainfo }: TorrentRecord): void {
    this.#isReturning = true;
    if (wanted === 'stopped') this.#told = 'stopped';
    else if (completedAt !== null) this.#told = 'seeding';
    else this.#told = hasMetainfo ? 'downloading' : 'fetching-metadata';
  }

  /** The queue has no place for it: it waits, as it may have done before. */
  waits(): void {
    if (!this.#isReturning || this.#now !== 'queued') return;
    this.#isReturning = false;
    this.#told = 'queued';
  }

  /** Returns the state that it comes from, if that is to be told. */
  become(state: ViewState): ViewState | null {
    this.#now = state;
    if (this.#isReturning && ON_THE_WAY.includes(state)) return null;
    this.#isReturning = false;
    const from = this.#told;
    this.#told = state;
    return from === state ? null : from;
  }
}
