/** Opens a file of age, as it comes. */
import { concat } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';
import { type Identity, OpeningSteps, parseHeader, sealedError, unwrapFileKey } from '../sealed/index.ts';
import { decodeArmor, isArmored } from './armor.ts';
import { PAYLOAD_NONCE, PayloadKey, SEALED_CHUNK, TAG } from './chunks.ts';
import { PASSPHRASE } from './recipients.ts';
import { AGE_VERSION } from './seal.ts';

export class AgeOpener implements Disposable {
  /** Where in the file what `push` takes begins. */
  readonly payloadAt: ByteCount;
  readonly #key: PayloadKey;
  readonly #steps = new OpeningSteps(() => this.#key[Symbol.dispose]());
  readonly #chunk = new Uint8Array(SEALED_CHUNK);
  #filled = 0;
  #index = 0;
  /** Whether the last chunk was opened. */
  #isWhole = false;

  private constructor(key: PayloadKey, payloadAt: ByteCount) {
    this.#key = key;
    this.payloadAt = payloadAt;
  }

  /**
   * `start`: the first LONGEST_HEADER + PAYLOAD_NONCE bytes of the file, or all of it; without armor. Rejects SEALED_*;
   * SEALED_NO_KEY when no identity can open it.
   */
  static async begin(primitives: Primitives, start: Uint8Array, identities: readonly Identity[]): Promise<AgeOpener> {
    const header = parseHeader(start, AGE_VERSION);
    const fileKey = await unwrapFileKey(primitives, header, identities, PASSPHRASE);
    const payloadAt = header.length + PAYLOAD_NONCE;
    if (start.length < payloadAt) throw sealedError('SEALED_TRUNCATED', 'the file ends before its content');
    const key = new PayloadKey(primitives, fileKey, start.subarray(header.length, payloadAt));
    wipe(fileKey);
    return new AgeOpener(key, payloadAt);
  }

  /** Takes the file from `payloadAt` on; gives the content that was opened. Throws SEALED_*, again when it has before. */
  push(sealed: Uint8Array): Uint8Array {
    return this.#steps.run(() => this.#push(sealed));
  }

  /** At the end of the file: the last content. Throws SEALED_*. */
  finish(): Uint8Array {
    const rest = this.#steps.run(() =>
      this.#isWhole ? new Uint8Array(0) : this.#openLast(this.#chunk.subarray(0, this.#filled)),
    );
    this[Symbol.dispose]();
    return rest;
  }

  /** Forgets the key: of a file that is not opened to its end. */
  [Symbol.dispose](): void {
    this.#steps.close();
  }

  #push(sealed: Uint8Array): Uint8Array {
    const content: Uint8Array[] = [];
    for (let at = 0; at < sealed.length; ) {
      if (this.#isWhole) throw sealedError('SEALED_DAMAGED', 'there is more in the file behind its end');
      const part = sealed.subarray(at, at + SEALED_CHUNK - this.#filled);
      at += part.length;
      if (part.length === SEALED_CHUNK) content.push(this.#openFull(part));
      else {
        this.#chunk.set(part, this.#filled);
        this.#filled += part.length;
        if (this.#filled < SEALED_CHUNK) continue;
        this.#filled = 0;
        content.push(this.#openFull(this.#chunk));
      }
    }
    return concat(content);
  }

  #openFull(sealed: Uint8Array): Uint8Array {
    let plaintext = this.#key.open(this.#index, false, sealed);
    if (plaintext === null) {
      plaintext = this.#openLast(sealed);
      this.#isWhole = true;
    }
    this.#index++;
    return plaintext;
  }

  #openLast(sealed: Uint8Array): Uint8Array {
    if (sealed.length < TAG) throw sealedError('SEALED_TRUNCATED', 'the file ends before its end');
    if (sealed.length === TAG && this.#index > 0) throw sealedError('SEALED_DAMAGED', 'the last chunk is empty');
    const plaintext = this.#key.open(this.#index, true, sealed);
    if (plaintext !== null) return plaintext;
    throw sealedError('SEALED_DAMAGED', `chunk ${this.#index} of the file was altered, or the file ends in it`, {
      details: { chunk: this.#index },
    });
  }
}

/** What is in a whole file of age, armored or not, that is in memory. Rejects SEALED_*. */
export async function openAge(
  primitives: Primitives,
  file: Uint8Array,
  identities: readonly Identity[],
): Promise<Uint8Array> {
  const bare = isArmored(file) ? decodeArmor(file) : file;
  using opener = await AgeOpener.begin(primitives, bare, identities);
  return concat([opener.push(bare.subarray(opener.payloadAt)), opener.finish()]);
}
