/** Makes a file of age, as its content comes. */
import { concat } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';
import { type Recipient, wrapFileKey } from '../sealed/index.ts';
import { CHUNK, PAYLOAD_NONCE, PayloadKey } from './chunks.ts';
import { FILE_KEY } from './recipients.ts';

/** The version line; with it the suite is fixed. */
export const AGE_VERSION = { family: 'age-encryption.org', version: 'v1' };

export class AgeSealer implements Disposable {
  /** What the file begins with. */
  readonly start: Uint8Array;
  readonly #key: PayloadKey;
  readonly #chunk = new Uint8Array(CHUNK);
  #filled = 0;
  #index = 0;

  private constructor(start: Uint8Array, key: PayloadKey) {
    this.start = start;
    this.#key = key;
  }

  /** `recipients`: at least one, of one family; a passphrase is alone. Rejects SEALED_RECIPIENT. */
  static async begin(primitives: Primitives, random: Random, recipients: readonly Recipient[]): Promise<AgeSealer> {
    const fileKey = random.bytes(FILE_KEY);
    try {
      const nonce = random.bytes(PAYLOAD_NONCE);
      const header = await wrapFileKey(primitives, AGE_VERSION, fileKey, recipients);
      return new AgeSealer(concat([header, nonce]), new PayloadKey(primitives, fileKey, nonce));
    } finally {
      wipe(fileKey);
    }
  }

  /** Takes content; gives what can be written of the file. */
  push(content: Uint8Array): Uint8Array {
    const sealed: Uint8Array[] = [];
    for (let at = 0; at < content.length; ) {
      if (this.#filled === CHUNK) {
        sealed.push(this.#key.seal(this.#index++, false, this.#chunk));
        this.#filled = 0;
      }
      const part = content.subarray(at, at + CHUNK - this.#filled);
      at += part.length;
      // A chunk that is full waits for what follows: only then is it not the last.
      if (part.length === CHUNK && at < content.length) sealed.push(this.#key.seal(this.#index++, false, part));
      else {
        this.#chunk.set(part, this.#filled);
        this.#filled += part.length;
      }
    }
    return concat(sealed);
  }

  /** The rest of the file. */
  finish(): Uint8Array {
    const last = this.#key.seal(this.#index, true, this.#chunk.subarray(0, this.#filled));
    this[Symbol.dispose]();
    return last;
  }

  /** Forgets key and content: of a file that is not finished. */
  [Symbol.dispose](): void {
    this.#key[Symbol.dispose]();
    wipe(this.#chunk);
  }
}

/** A whole file of age, of content that is in memory. Rejects SEALED_RECIPIENT. */
export async function sealAge(
  primitives: Primitives,
  random: Random,
  recipients: readonly Recipient[],
  content: Uint8Array,
): Promise<Uint8Array> {
  using sealer = await AgeSealer.begin(primitives, random, recipients);
  return concat([sealer.start, sealer.push(content), sealer.finish()]);
}
