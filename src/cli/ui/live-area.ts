/**
 * The last lines of a terminal, redrawn in place. Whatever else is printed goes through `print`, which puts it above.
 * The cursor is hidden meanwhile and comes back on `clear`, also when the process exits in between.
 */
import { truncateEnd } from './width.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** What is needed of `process.stderr`. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

export class LiveArea {
  readonly #stream: TerminalStream;
  readonly #showCursor = (): void => void this.#stream.write(SHOW_CURSOR);
  #drawn = 0;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  /** A terminal that does not know its size says 0. */
  get width(): number {
    return this.#stream.columns || 80;
  }

  /** Lines that fit, one row kept for the prompt. */
  get height(): number {
    return Math.max(1, (this.#stream.rows || 24) - 1);
  }

  /**
   * Replaces the area; lines too long or too many are cut, because a wrapped line would break the redraw. A line with
   * colours is taken as it is: whoever coloured it has fitted it.
   */
  draw(lines: readonly string[]): void {
    const fit = (line: string): string => (line.includes('\u001b') ? line : truncateEnd(line, this.width - 1));
    const fitting = lines.slice(0, this.height).map(fit);
    const start = this.#drawn === 0 ? HIDE_CURSOR : this.#home();
    if (this.#drawn === 0) process.once('exit', this.#showCursor);
    this.#stream.write(`${start}${fitting.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[J`);
    this.#drawn = fitting.length;
  }

  /** Prints lines above the area; the next `draw` restores it. */
  print(text: string): void {
    this.#stream.write(this.#drawn === 0 ? text : `${this.#home()}\u001b[J${text}${SHOW_CURSOR}`);
    this.#forget();
  }

  /** Takes the area away. */
  clear(): void {
    if (this.#drawn > 0) this.print('');
  }

  #home(): string {
    return `\u001b[${this.#drawn}A\r`;
  }

  #forget(): void {
    if (this.#drawn > 0) process.off('exit', this.#showCursor);
    this.#drawn = 0;
  }
}
