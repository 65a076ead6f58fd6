/** Where the records of TLS (RFC 8446 §5.1) end in a stream: who cuts it elsewhere has broken it. */
import type { ByteCount } from '../../base/units.ts';

/** Type, version and the length of the rest. */
const HEAD: ByteCount = 5;

export class RecordEdge {
  /** Of the head of the record that is under way, and of what follows it. */
  #head: ByteCount = 0;
  #rest: ByteCount = 0;

  get isWithinRecord(): boolean {
    return this.#head > 0;
  }

  /** Takes the next bytes of the stream. */
  pass(view: Uint8Array): void {
    for (let at = 0; at < view.length; ) {
      if (this.#head < HEAD) {
        // The length is in the last two bytes of the head.
        const byte = view[at++] as number;
        this.#rest = ((this.#rest << 8) | byte) & 0xffff;
        this.#head++;
      } else {
        const taken = Math.min(this.#rest, view.length - at);
        this.#rest -= taken;
        at += taken;
      }
      if (this.#head === HEAD && this.#rest === 0) this.#head = 0;
    }
  }
}
