/**
 * RC4, which Message Stream Encryption prescribes and OpenSSL's default provider no longer has. It hides nothing from
 * somebody who cares (RFC 7465 forbids it for TLS); here it only keeps the stream from looking like BitTorrent.
 */
import type { ByteCount } from '../../base/units.ts';

/** Key stream that is thrown away: the first bytes of RC4 tell of the key. MSE, "RC4 drop 1024". */
const DROPPED: ByteCount = 1024;

/** Four bytes of key stream make a word as the platform reads it; on others all goes byte by byte. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** One direction of a stream, its beginning dropped. Each call goes on where the last one ended. */
export class Rc4 {
  readonly #state = new Uint8Array(256);
  #i = 0;
  #j = 0;

  constructor(key: Uint8Array) {
    const s = this.#state;
    for (let i = 0; i < 256; i++) s[i] = i;
    for (let i = 0, j = 0; i < 256; i++) {
      const a = s[i] as number;
      j = (j + a + (key[i % key.length] as number)) & 255;
      s[i] = s[j] as number;
      s[j] = a;
    }
    this.apply(new Uint8Array(DROPPED));
  }

  /**
   * Encrypts or decrypts `from` into `to`, by default in place; `to` is not shorter. It is half as fast again when both
   * are aligned alike (offset modulo 4).
   */
  apply(from: Uint8Array, to: Uint8Array = from): void {
    const { length } = from;
    const head = Math.min(length, -from.byteOffset & 3);
    const words = isLittleEndian && ((from.byteOffset ^ to.byteOffset) & 3) === 0 ? (length - head) >> 2 : 0;
    const tail = words === 0 ? 0 : head + 4 * words;
    if (words > 0) {
      this.#bytes(from, to, 0, head);
      this.#words(
        new Int32Array(from.buffer, from.byteOffset + head, words),
        new Int32Array(to.buffer, to.byteOffset + head, words),
      );
    }
    this.#bytes(from, to, tail, length);
  }

  #bytes(from: Uint8Array, to: Uint8Array, start: number, end: number): void {
    const s = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let at = start; at < end; at++) {
      i = (i + 1) & 255;
      const a = s[i] as number;
      j = (j + a) & 255;
      const b = s[j] as number;
      s[i] = b;
      s[j] = a;
      to[at] = (from[at] as number) ^ (s[(a + b) & 255] as number);
    }
    this.#i = i;
    this.#j = j;
  }

  /** The same, four bytes a turn and written out: a loop within the loop would take a fifth of the speed. */
  #words(from: Int32Array, to: Int32Array): void {
    const s = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let at = 0, end = from.length; at < end; at++) {
      const i1 = (i + 1) & 255;
      const i2 = (i + 2) & 255;
      const i3 = (i + 3) & 255;
      i = (i + 4) & 255;
      let a = s[i1] as number;
      j = (j + a) & 255;
      let b = s[j] as number;
      s[i1] = b;
      s[j] = a;
      let word = s[(a + b) & 255] as number;
      a = s[i2] as number;
      j = (j + a) & 255;
      b = s[j] as number;
      s[i2] = b;
      s[j] = a;
      word |= (s[(a + b) & 255] as number) << 8;
      a = s[i3] as number;
      j = (j + a) & 255;
      b = s[j] as number;
      s[i3] = b;
      s[j] = a;
      word |= (s[(a + b) & 255] as number) << 16;
      a = s[i] as number;
      j = (j + a) & 255;
      b = s[j] as number;
      s[i] = b;
      s[j] = a;
      word |= (s[(a + b) & 255] as number) << 24;
      to[at] = (from[at] as number) ^ word;
    }
    this.#i = i;
    this.#j = j;
  }
}
