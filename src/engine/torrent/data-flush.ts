/** When the data of a torrent is made to survive a power cut: now and then while it grows, soon after its end. */
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';

/** A piece that was stored, or found by a check, waits at most so long until it is made to survive a power cut, ms. */
const INTERVAL: Millis = 30_000;
/** The same for the last piece: whoever waits for the torrent is told first, ms. */
const AT_END: Millis = 1000;

export interface DataFlushPort {
  /** Makes what was stored survive a power cut. */
  flush(): Promise<void>;
  /** It failed while pieces were being stored. */
  failed(error: unknown): void;
  /** It failed, and that changes nothing: after a power cut the pieces are hashed again. */
  failedLately(error: unknown): void;
}

export class DataFlush {
  readonly #clock: Clock;
  readonly #port: DataFlushPort;
  /** The flush to come; null while nothing was stored or found since the last one. */
  #next: Disposable | null = null;
  /** Settled when no such flush is under way: they take turns. */
  #flushing: Promise<void> = Promise.resolve();

  constructor(clock: Clock, port: DataFlushPort) {
    this.#clock = clock;
    this.#port = port;
  }

  pieceStored(): void {
    this.#within(INTERVAL, (error) => this.#port.failed(error));
  }

  /** A check has found pieces. A sync at once would hold up the torrents that wait to be opened. */
  piecesFound(): void {
    this.#within(INTERVAL, (error) => this.#port.failedLately(error));
  }

  /** Nothing that is wanted is missing any more. */
  completed(): void {
    this.cancel();
    this.#within(AT_END, (error) => this.#port.failed(error));
  }

  /** Now; never rejects. */
  async now(): Promise<void> {
    this.cancel();
    await this.#port.flush().catch((error: unknown) => this.#port.failedLately(error));
  }

  cancel(): void {
    this.#next?.[Symbol.dispose]();
    this.#next = null;
  }

  #within(delay: Millis, failed: (error: unknown) => void): void {
    this.#next ??= this.#clock.after(delay, () => {
      this.#flushing = this.#flushing.then(() => {
        this.cancel();
        return this.#port.flush().catch(failed);
      });
    });
  }
}
