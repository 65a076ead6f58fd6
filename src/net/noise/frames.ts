/** Frames of a connection under Noise: a length of two bytes and a message of at most 65,535 (§13 of the framework). */
import { readU16, writeU16 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';

export const LONGEST_MESSAGE: ByteCount = 65_535;
const LENGTH: ByteCount = 2;

export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH + message.length);
  writeU16(frame, 0, message.length);
  frame.set(message, LENGTH);
  return frame;
}

/** Cuts a stream into messages, whatever the pieces in which it comes. */
export class FrameReader {
  readonly #partial = new Uint8Array(LENGTH + LONGEST_MESSAGE);
  #filled = 0;

  /** A part of a message has come. */
  get isWithinMessage(): boolean {
    return this.#filled > 0;
  }

  /**
   * Calls `use` with each whole message, a view valid during the call, and `begins` with its length as soon as that has
   * come; ends early, and says so, when one of them returns false.
   */
  read(
    view: Uint8Array,
    use: (message: Uint8Array) => boolean,
    begins: (length: ByteCount) => boolean = () => true,
  ): boolean {
    let rest = view;
    while (rest.length > 0) {
      if (this.#filled === 0 && rest.length >= LENGTH) {
        const end = LENGTH + readU16(rest, 0);
        if (rest.length >= end) {
          if (!begins(end - LENGTH) || !use(rest.subarray(LENGTH, end))) return false;
          rest = rest.subarray(end);
          continue;
        }
      }
      rest = rest.subarray(this.#fill(rest));
      if (this.#filled === LENGTH && !begins(readU16(this.#partial, 0))) return false;
      if (this.#missing() > 0) continue;
      const message = this.#partial.subarray(LENGTH, this.#filled);
      this.#filled = 0;
      if (!use(message)) return false;
    }
    return true;
  }

  /** Takes of `rest` what the message that is not whole lacks; the number of bytes. */
  #fill(rest: Uint8Array): number {
    const part = rest.subarray(0, this.#missing());
    this.#partial.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  #missing(): number {
    if (this.#filled < LENGTH) return LENGTH - this.#filled;
    return LENGTH + readU16(this.#partial, 0) - this.#filled;
  }
}
