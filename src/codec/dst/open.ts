/** Opens a `.dst`, as it comes. */
import { concat } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { type Hasher, type Primitives, wipe } from '../../crypto/primitives.ts';
import { type Identity, OpeningSteps, parseHeader, sealedError, type Stanza, unwrapFileKey } from '../sealed/index.ts';
import { CHUNK, ChunkKey, CHUNKS_HEAD, SEALED_CHUNK, TAG } from './chunks.ts';
import { decodeHead, type DstHead } from './head.ts';
import { isWithRsa, MOST_RSA, PASSPHRASE, RSA_ALONE } from './recipients.ts';
import { chunkContext, DST_VERSION, plaintextLength } from './seal.ts';
import { SIGNATURE_BLOCK, signerOf } from './signature.ts';

const EMPTY = new Uint8Array(0);

/** What the plaintext consists of. */
type Part = 'head' | 'content' | 'signature' | 'padding';

export class DstOpener implements Disposable {
  /** Where in the file what `push` takes begins. */
  readonly payloadAt: ByteCount;
  /** Known as soon as the first bytes are opened. */
  head: DstHead | null = null;
  readonly #primitives: Primitives;
  readonly #headerDigest: Uint8Array;
  readonly #chunks: ChunkKey;
  readonly #steps = new OpeningSteps(() => this.#chunks[Symbol.dispose]());
  /** Of a file that is signed. */
  #content: Hasher | null = null;
  readonly #chunk = new Uint8Array(SEALED_CHUNK);
  #filled = 0;
  #index = 0;
  #part: Part = 'head';
  /** Bytes of the present part that are still to come; of the head unknown. */
  #missing: ByteCount = 0;
  #headLength: ByteCount = 0;
  #signature: Uint8Array = EMPTY;

  private constructor(primitives: Primitives, headerDigest: Uint8Array, chunks: ChunkKey, payloadAt: ByteCount) {
    this.#primitives = primitives;
    this.#headerDigest = headerDigest;
    this.#chunks = chunks;
    this.payloadAt = payloadAt;
  }

  /**
   * `start`: the first LONGEST_HEADER + CHUNKS_HEAD bytes of the file, or all of it. Rejects SEALED_*; SEALED_NO_KEY when
   * no identity can open it.
   */
  static async begin(primitives: Primitives, start: Uint8Array, identities: readonly Identity[]): Promise<DstOpener> {
    const header = parseHeader(start, DST_VERSION);
    checkStanzas(header.stanzas);
    const payloadAt = header.length + CHUNKS_HEAD;
    const fileKey = await unwrapFileKey(primitives, header, identities, PASSPHRASE);
    const headerDigest = primitives.hash('sha512', start.subarray(0, header.length));
    const head = start.subarray(header.length, payloadAt);
    const chunks = ChunkKey.forOpening(primitives, fileKey, head, chunkContext(headerDigest));
    wipe(fileKey);
    if (head.length < CHUNKS_HEAD) throw sealedError('SEALED_TRUNCATED', 'the file ends before its content');
    if (chunks === null) throw sealedError('SEALED_DAMAGED', 'the beginning of the content was altered');
    return new DstOpener(primitives, headerDigest, chunks, payloadAt);
  }

  /**
   * Takes the file from `payloadAt` on; gives the content that was opened. Throws SEALED_*, again when it has before, and
   * nothing stays of what it has opened then.
   */
  push(sealed: Uint8Array): Uint8Array {
    return this.#steps.run(() => this.#push(sealed));
  }

  /** At the end of the file: the last content, and the public key that signed all of it, or null. Throws SEALED_*. */
  finish(): { readonly content: Uint8Array; readonly signer: Uint8Array | null } {
    const end = this.#steps.run(() => this.#finish());
    this[Symbol.dispose]();
    return end;
  }

  /** Forgets the key: of a file that is not opened to its end. */
  [Symbol.dispose](): void {
    this.#steps.close();
  }

  #push(sealed: Uint8Array): Uint8Array {
    const count = Math.floor((this.#filled + sealed.length) / SEALED_CHUNK);
    return filled(new Uint8Array(count * CHUNK), (plaintext) => {
      let at = 0;
      for (let i = 0; i < count; i++) {
        const part = sealed.subarray(at, at + SEALED_CHUNK - this.#filled);
        this.#open(this.#wholeChunk(part), plaintext.subarray(i * CHUNK, (i + 1) * CHUNK));
        at += part.length;
      }
      const rest = sealed.subarray(at);
      this.#chunk.set(rest, this.#filled);
      this.#filled += rest.length;
      return this.#take(plaintext);
    });
  }

  /** What was left before, and `part` that completes it; not copied when nothing was left. */
  #wholeChunk(part: Uint8Array): Uint8Array {
    if (this.#filled === 0) return part;
    this.#chunk.set(part, this.#filled);
    this.#filled = 0;
    return this.#chunk;
  }

  #finish(): { readonly content: Uint8Array; readonly signer: Uint8Array | null } {
    if (this.#filled < TAG) throw sealedError('SEALED_TRUNCATED', 'the file ends before its end');
    return filled(new Uint8Array(this.#filled - TAG), (last) => {
      this.#open(this.#chunk.subarray(0, this.#filled), last);
      const content = this.#take(last);
      if (this.#part !== 'padding' || this.#missing > 0) {
        throw sealedError('SEALED_HEADER', 'there is less in the file than it says of itself');
      }
      if (this.#content === null) return { content, signer: null };
      const digests = { header: this.#headerDigest, content: this.#content.digest() };
      const signer = signerOf(this.#primitives, this.#signature, digests);
      if (signer === null) throw sealedError('SEALED_SIGNATURE', 'the signature of the file is not valid');
      return { content, signer };
    });
  }

  #open(sealed: Uint8Array, into: Uint8Array): void {
    const chunk = this.#index++;
    if (this.#chunks.openInto(chunk, sealed, into)) return;
    throw sealedError('SEALED_DAMAGED', `chunk ${chunk} of the file was altered, or the file ends in it`, {
      details: { chunk },
    });
  }

  /** Takes plaintext apart; gives what of it is content. */
  #take(plaintext: Uint8Array): Uint8Array {
    let rest = plaintext;
    if (this.#part === 'head') rest = this.#takeHead(rest);
    const content = rest.subarray(0, this.#part === 'content' ? this.#missing : 0);
    this.#content?.update(content);
    rest = rest.subarray(content.length);
    this.#missing -= content.length;
    this.#leave('content', this.head?.isSigned === true ? SIGNATURE_BLOCK : 0, 'signature');
    if (this.#part === 'signature') {
      const part = rest.subarray(0, this.#missing);
      this.#signature = concat([this.#signature, part]);
      rest = rest.subarray(part.length);
      this.#missing -= part.length;
    }
    this.#leave('signature', this.#paddingLength(), 'padding');
    if (this.#part === 'padding') this.#takePadding(rest);
    return content;
  }

  /** The plaintext behind the head, which never is longer than a chunk. */
  #takeHead(plaintext: Uint8Array): Uint8Array {
    const decoded = decodeHead(plaintext);
    if (decoded === null) return EMPTY; // Nothing has come yet, or it is the end of the file.
    const rest = plaintext.subarray(decoded.length);
    if (decoded.head.isSigned) this.#content = this.#primitives.hasher('sha512');
    this.#content?.update(plaintext.subarray(0, decoded.length));
    this.head = decoded.head;
    this.#headLength = decoded.length;
    this.#part = 'content';
    this.#missing = decoded.head.length;
    return rest;
  }

  /** Goes on to the next part when this one is whole. */
  #leave(part: Part, nextLength: ByteCount, next: Part): void {
    if (this.#part !== part || this.#missing > 0) return;
    this.#part = next;
    this.#missing = nextLength;
  }

  #paddingLength(): ByteCount {
    const { head } = this;
    if (head === null) return 0;
    const used = this.#headLength + head.length + (head.isSigned ? SIGNATURE_BLOCK : 0);
    return plaintextLength(this.#headLength, head) - used;
  }

  #takePadding(plaintext: Uint8Array): void {
    this.#missing -= plaintext.length;
    if (this.#missing < 0 || plaintext.some((byte) => byte !== 0)) {
      throw sealedError('SEALED_HEADER', 'there is more in the file than it says of itself');
    }
  }
}

/** What `fill` makes of the memory; that is overwritten when it throws. */
function filled<T>(memory: Uint8Array, fill: (memory: Uint8Array) => T): T {
  try {
    return fill(memory);
  } catch (error) {
    wipe(memory);
    throw error;
  }
}

/**
 * Throws SEALED_TOO_LARGE for a file that costs too much to try, and SEALED_HEADER for one that is as weak as RSA alone
 * and looks as if it were not.
 */
function checkStanzas(stanzas: readonly Stanza[]): void {
  if (stanzas.filter(isWithRsa).length > MOST_RSA) {
    throw sealedError('SEALED_TOO_LARGE', `the file has more than ${MOST_RSA} recipients with RSA`);
  }
  const classical = stanzas.filter(({ type }) => type === RSA_ALONE).length;
  if (classical === 0 || classical === stanzas.length) return;
  throw sealedError('SEALED_HEADER', 'the file has recipients of RSA alone beside others');
}

export interface OpenedDst {
  readonly head: DstHead;
  readonly content: Uint8Array;
  /** The public key that signed it; null when it is not signed. */
  readonly signer: Uint8Array | null;
}

/** Opens a whole `.dst` that is in memory. Rejects SEALED_*. */
export async function openDst(
  primitives: Primitives,
  file: Uint8Array,
  identities: readonly Identity[],
): Promise<OpenedDst> {
  using opener = await DstOpener.begin(primitives, file, identities);
  const first = opener.push(file.subarray(opener.payloadAt));
  try {
    const { content: last, signer } = opener.finish();
    const content = concat([first, last]);
    wipe(last);
    return { head: opener.head as DstHead, content, signer };
  } finally {
    wipe(first);
  }
}
