/**
 * Texts of a long input. A view of its own and a call of the decoder for each of ten thousand file names take longer
 * than all the rest of reading a torrent, so short texts are cut from a stretch of the input that was decoded at once.
 */
import { toText } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';

/** Bytes decoded at once. */
const WINDOW: ByteCount = 16_384;
/** Longer texts are decoded for themselves. */
const LONGEST: ByteCount = 256;
/** V8 lets longer texts that were cut from another keep that one in memory. */
const SHARED = 13;

/** One character a byte; it is the byte's own where that is ASCII. */
const bytewise = new TextDecoder('latin1');
const ascii = /^\p{ASCII}*$/u;

export class TextWindow {
  readonly #bytes: Uint8Array;
  #text = '';
  #start = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The UTF-8 text in [start, end) of the input; invalid sequences become U+FFFD. */
  text(start: number, end: number): string {
    if (end - start > LONGEST) return toText(this.#bytes.subarray(start, end));
    if (start < this.#start || end > this.#start + this.#text.length) {
      this.#start = start;
      this.#text = bytewise.decode(this.#bytes.subarray(start, start + WINDOW));
    }
    const text = this.#text.slice(start - this.#start, end - this.#start);
    if (!ascii.test(text)) return toText(this.#bytes.subarray(start, end));
    return text.length < SHARED ? text : ` ${text}`.slice(1);
  }
}
