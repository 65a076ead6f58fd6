/** Makes a `.dst`, as its content comes. */
import { concat, equalBytes, utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { type Hasher, type Primitives, wipe } from '../../crypto/primitives.ts';
import { type Recipient, sealedError, wrapFileKey } from '../sealed/index.ts';
import { CHUNK, ChunkKey, SEALED_CHUNK } from './chunks.ts';
import { type DstHead, encodeHead } from './head.ts';
import { paddedLength } from './padding.ts';
import { isWithRsa, MOST_RSA } from './recipients.ts';
import { SIGNATURE_BLOCK, signatureBlock, type Signer } from './signature.ts';

/** The version line; with it the suite is fixed. */
export const DST_VERSION = { family: 'dst-torrent.org', version: 'v1' };

/** Whether a file is a `.dst`, by how it begins. */
export function isDst(file: Uint8Array): boolean {
  const beginning = utf8(`${DST_VERSION.family}/`);
  return equalBytes(file.subarray(0, beginning.length), beginning);
}

/** Padding that is sealed at a time. */
const ZEROS = new Uint8Array(16 * CHUNK);

export interface DstSealing extends Omit<DstHead, 'isSigned'> {
  /** At least one, of one family; a passphrase is alone; 64 with RSA at the most. */
  readonly recipients: readonly Recipient[];
  readonly signer: Signer | null;
}

/** What the chunks are bound to beside the file key. */
export const chunkContext = (headerDigest: Uint8Array): Uint8Array =>
  concat([utf8(`${DST_VERSION.family}/${DST_VERSION.version}`), headerDigest]);

export class DstSealer implements Disposable {
  /** What the file begins with. */
  readonly start: Uint8Array;
  readonly #primitives: Primitives;
  readonly #signer: Signer | null;
  readonly #headerDigest: Uint8Array;
  readonly #chunks: ChunkKey;
  /** Of a file that is signed. */
  readonly #content: Hasher | null;
  readonly #chunk = new Uint8Array(CHUNK);
  #filled = 0;
  #index = 0;
  /** Bytes of plaintext so far, and of content that are still to come. */
  #length = 0;
  #missing: ByteCount;

  private constructor(primitives: Primitives, header: Uint8Array, chunks: ChunkKey, sealing: DstSealing) {
    const head = encodeHead({ ...sealing, isSigned: sealing.signer !== null });
    this.#primitives = primitives;
    this.#signer = sealing.signer;
    this.#headerDigest = primitives.hash('sha512', header);
    this.#chunks = chunks;
    this.#content = sealing.signer === null ? null : primitives.hasher('sha512');
    this.#content?.update(head);
    this.#missing = sealing.length;
    this.start = concat([header, chunks.head, this.#add(head)]);
  }

  /** Rejects SEALED_RECIPIENT. */
  static async begin(primitives: Primitives, random: Random, sealing: DstSealing): Promise<DstSealer> {
    if (sealing.recipients.filter(isWithRsa).length > MOST_RSA) {
      throw sealedError('SEALED_RECIPIENT', `a file has ${MOST_RSA} recipients with RSA at the most`);
    }
    const fileKey = random.bytes(32);
    try {
      const header = await wrapFileKey(primitives, DST_VERSION, fileKey, sealing.recipients);
      const context = chunkContext(primitives.hash('sha512', header));
      const chunks = ChunkKey.forSealing(primitives, fileKey, random.bytes(24), context);
      return new DstSealer(primitives, header, chunks, sealing);
    } finally {
      wipe(fileKey);
    }
  }

  /** Takes content; gives what can be written of the file. */
  push(content: Uint8Array): Uint8Array {
    if (content.length > this.#missing) throw new RangeError('there is more content than was said');
    this.#missing -= content.length;
    this.#content?.update(content);
    return this.#add(content);
  }

  /** The rest of the file, bit by bit: the padding of a large file is large too. */
  *finish(): Generator<Uint8Array, void, undefined> {
    if (this.#missing > 0) throw new RangeError('there is less content than was said');
    if (this.#signer !== null && this.#content !== null) {
      const digests = { header: this.#headerDigest, content: this.#content.digest() };
      yield this.#add(signatureBlock(this.#primitives, this.#signer, digests));
    }
    for (let rest = paddedLength(this.#length) - this.#length; rest > 0; rest -= ZEROS.length) {
      yield this.#add(ZEROS.subarray(0, rest));
    }
    yield this.#chunks.seal(this.#index, this.#chunk.subarray(0, this.#filled));
    this[Symbol.dispose]();
  }

  /** Forgets key and content: of a file that is not finished. */
  [Symbol.dispose](): void {
    this.#chunks[Symbol.dispose]();
    wipe(this.#chunk);
  }

  /** Takes plaintext; gives the chunks that are full. */
  #add(plaintext: Uint8Array): Uint8Array {
    const count = Math.floor((this.#filled + plaintext.length) / CHUNK);
    const sealed = new Uint8Array(count * SEALED_CHUNK);
    this.#length += plaintext.length;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const part = plaintext.subarray(at, at + CHUNK - this.#filled);
      const into = sealed.subarray(i * SEALED_CHUNK, (i + 1) * SEALED_CHUNK);
      this.#chunks.sealInto(this.#index++, this.#wholeChunk(part), into);
      at += part.length;
    }
    const rest = plaintext.subarray(at);
    this.#chunk.set(rest, this.#filled);
    this.#filled += rest.length;
    return sealed;
  }

  /** What was left before, and `part` that completes it; not copied when nothing was left. */
  #wholeChunk(part: Uint8Array): Uint8Array {
    if (this.#filled === 0) return part;
    this.#chunk.set(part, this.#filled);
    this.#filled = 0;
    return this.#chunk;
  }
}

/** A whole `.dst` of content that is in memory. */
export async function sealDst(
  primitives: Primitives,
  random: Random,
  sealing: Omit<DstSealing, 'length'>,
  content: Uint8Array,
): Promise<Uint8Array> {
  using sealer = await DstSealer.begin(primitives, random, { ...sealing, length: content.length });
  return concat([sealer.start, sealer.push(content), ...sealer.finish()]);
}

/** Length of the plaintext of a file, padded. */
export const plaintextLength = (headLength: ByteCount, { length, isSigned }: DstHead): ByteCount =>
  paddedLength(headLength + length + (isSigned ? SIGNATURE_BLOCK : 0));
