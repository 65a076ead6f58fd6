/**
 * Lines on their way to where the log goes. Writing never holds up who logs: lines wait in a queue of bounded size, and
 * what finds it full is dropped and counted. One write is under way at a time, so lines keep their order.
 */

/** Most text that waits, characters: minutes of a busy log, and no burden when nobody reads it. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Most text of one write, characters. */
const LONGEST_WRITE = 65_536;

/** Writes a text as a whole; rejects when part of it may be lost. */
export type WriteText = (text: string) => Promise<void>;

interface Flush {
  /** Number of lines that must be through. */
  readonly lines: number;
  readonly resolve: () => void;
}

export class LogQueue {
  readonly #write: WriteText;
  readonly #onRecovery: (dropped: number) => void;
  #lines: string[] = [];
  /** Characters that wait or are being written. */
  #waiting = 0;
  #isWriting = false;
  #isClosed = false;
  /** Lines that were accepted, and those of them that are written or lost. */
  #accepted = 0;
  #through = 0;
  #dropped = 0;
  #flushes: Flush[] = [];

  /** `onRecovery` is told how many lines were dropped, at the place in the log where they are missing. */
  constructor(write: WriteText, onRecovery: (dropped: number) => void) {
    this.#write = write;
    this.#onRecovery = onRecovery;
  }

  /** Lines that were lost and not yet told of. */
  get dropped(): number {
    return this.#dropped;
  }

  add(line: string): void {
    if (this.#isClosed || this.#waiting + line.length > MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length;
    this.#accepted++;
    if (!this.#isWriting) void this.#drain();
  }

  /** Resolves when all lines so far are written or lost. */
  flush(): Promise<void> {
    if (this.#through >= this.#accepted) return Promise.resolve();
    return new Promise((resolve) => this.#flushes.push({ lines: this.#accepted, resolve }));
  }

  /** Drops what comes from now on. */
  close(): void {
    this.#isClosed = true;
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    while (this.#lines.length > 0) {
      const batch = this.#takeBatch();
      const text = batch.join('');
      const isWritten = await this.#write(text).then(
        () => true,
        () => false,
      );
      this.#waiting -= text.length;
      this.#through += batch.length;
      if (isWritten) this.#tellDropped();
      else this.#dropped += batch.length;
      this.#settleFlushes();
    }
    this.#isWriting = false;
  }

  #takeBatch(): string[] {
    let length = 0;
    let count = 0;
    while (count < this.#lines.length && (count === 0 || length < LONGEST_WRITE)) {
      length += (this.#lines[count++] as string).length;
    }
    return this.#lines.splice(0, count);
  }

  #tellDropped(): void {
    if (this.#dropped === 0 || this.#isClosed) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#onRecovery(dropped);
  }

  #settleFlushes(): void {
    const isDue = ({ lines }: Flush): boolean => lines <= this.#through;
    const due = this.#flushes.filter(isDue);
    this.#flushes = this.#flushes.filter((flush) => !isDue(flush));
    for (const { resolve } of due) resolve();
  }
}
