/**
 * The whole terminal, for a while: what was there before comes back at the end, also when the process exits in between.
 * Only lines that have changed are written, in one write that terminals show at once (mode 2026), so nothing flickers
 * and a slow line to the terminal has little to do.
 */
import { type Key, keysIn } from './keys.ts';

// Another screen, without cursor and without wrapping at its edge.
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const BEGIN_UPDATE = '\u001b[?2026h';
const END_UPDATE = '\u001b[?2026l';

/** What is needed of `process.stdin`. */
export interface KeyStream {
  setRawMode(isRaw: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (text: string) => void): unknown;
  off(event: 'data', listener: (text: string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** What is needed of `process.stdout`. */
export interface ScreenStream {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

export interface ScreenEvents {
  readonly onKey: (key: Key) => void;
  /** Everything is to be drawn again. */
  readonly onResize: () => void;
}

export class FullScreen implements Disposable {
  readonly #input: KeyStream;
  readonly #output: ScreenStream;
  readonly #events: ScreenEvents;
  #drawn: readonly string[] = [];

  constructor(input: KeyStream, output: ScreenStream, events: ScreenEvents) {
    this.#input = input;
    this.#output = output;
    this.#events = events;
    process.once('exit', this.#leave);
    output.write(ENTER);
    output.on('resize', this.#onResize);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', this.#onData);
    input.resume();
  }

  [Symbol.dispose](): void {
    this.#input.off('data', this.#onData);
    this.#input.setRawMode(false);
    this.#input.pause();
    this.#output.off('resize', this.#onResize);
    process.off('exit', this.#leave);
    this.#leave();
  }

  get width(): number {
    return this.#output.columns || 80;
  }

  get height(): number {
    return this.#output.rows || 24;
  }

  /** Lines from the top, fitted into the width by whoever made them; what is below is empty then. */
  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, this.height);
    const changes = Array.from({ length: Math.max(shown.length, this.#drawn.length) }, (_, i) => i)
      .filter((i) => (shown[i] ?? '') !== (this.#drawn[i] ?? ''))
      // What is erased behind a full line would be its last letter.
      .map((i) => `\u001b[${i + 1};1H\u001b[2K${shown[i] ?? ''}\u001b[0m`);
    this.#drawn = shown;
    if (changes.length > 0) this.#output.write(`${BEGIN_UPDATE}${changes.join('')}${END_UPDATE}`);
  }

  /** Forgets what is there: the next drawing is a whole one. */
  clear(): void {
    this.#drawn = [];
    this.#output.write('\u001b[2J');
  }

  readonly #leave = (): void => void this.#output.write(LEAVE);

  readonly #onResize = (): void => {
    this.clear();
    this.#events.onResize();
  };

  readonly #onData = (text: string): void => {
    for (const key of keysIn(text)) this.#events.onKey(key);
  };
}
