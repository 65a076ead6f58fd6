/** Decrypts a `.dst` or a file of age, armored or not, as it is read. */
import { toBinary } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { AgeOpener, ArmorDecoder, isArmored, PAYLOAD_NONCE } from '../../codec/age/index.ts';
import { CHUNKS_HEAD, type DstHead, DstOpener, isDst } from '../../codec/dst/index.ts';
import { safeName } from '../../codec/metainfo/index.ts';
import { type Identity, LONGEST_HEADER, sealedError } from '../../codec/sealed/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { signerFingerprint } from '../keys/index.ts';
import { fileError } from './errors.ts';
import { Beginning, type Input } from './input.ts';

export type SealedFormat = 'dst' | 'age';

const AGE = 'age-encryption.org/';
const EMPTY = new Uint8Array(0);

export interface OpenOptions {
  /** Those who can open a file of that format. */
  readonly identities: (format: SealedFormat) => readonly Identity[];
  /** Bytes of the encrypted file read so far, and of how many (null: not known). */
  readonly onProgress?: (done: ByteCount, total: ByteCount | null) => void;
  readonly signal?: AbortSignal;
}

/** What opens the rest of a file. */
interface Opener extends Disposable {
  push(sealed: Uint8Array): Uint8Array;
  finish(): { readonly content: Uint8Array; readonly signer: Uint8Array | null };
}

export class OpenedFile {
  readonly format: SealedFormat;
  /** What a `.dst` says of itself; null for a file of age. */
  readonly head: DstHead | null;
  /** Fingerprint of who signed it: known at the end, null when nobody did. */
  signer: string | null = null;
  readonly #opener: Opener;
  readonly #first: Uint8Array;
  readonly #rest: AsyncIterator<Uint8Array>;

  private constructor(
    what: { readonly format: SealedFormat; readonly head: DstHead | null },
    opener: Opener,
    content: { readonly first: Uint8Array; readonly rest: AsyncIterator<Uint8Array> },
  ) {
    this.format = what.format;
    this.head = what.head;
    this.#opener = opener;
    this.#first = content.first;
    this.#rest = content.rest;
  }

  /** Rejects SEALED_*, FILE_UNREADABLE, and FILE_KIND for a `.dst` of something else than a file. */
  static async begin(input: Input, options: OpenOptions): Promise<OpenedFile> {
    const raw = new Beginning(counted(input, options));
    const file = isArmored(await raw.peek(1)) ? new Beginning(withoutArmor(raw)) : raw;
    const start = await file.peek(LONGEST_HEADER + Math.max(CHUNKS_HEAD, PAYLOAD_NONCE));
    const rest = file[Symbol.asyncIterator]();
    await rest.next(); // What is in `start`.
    if (toBinary(start.subarray(0, AGE.length)) === AGE)
      return await OpenedFile.#beginAge(start, rest, options.identities('age'));
    if (isDst(start)) return await OpenedFile.#beginDst(start, rest, options.identities('dst'));
    throw sealedError('SEALED_FORMAT', 'the file is neither a .dst nor a file of age');
  }

  static async #beginAge(
    start: Uint8Array,
    rest: AsyncIterator<Uint8Array>,
    identities: readonly Identity[],
  ): Promise<OpenedFile> {
    const age = await AgeOpener.begin(nodePrimitives, start, identities);
    const opener: Opener = {
      push: (sealed) => age.push(sealed),
      finish: () => ({ content: age.finish(), signer: null }),
      [Symbol.dispose]: () => age[Symbol.dispose](),
    };
    const first = opener.push(start.subarray(age.payloadAt));
    return new OpenedFile({ format: 'age', head: null }, opener, { first, rest });
  }

  static async #beginDst(
    start: Uint8Array,
    rest: AsyncIterator<Uint8Array>,
    identities: readonly Identity[],
  ): Promise<OpenedFile> {
    const dst = await DstOpener.begin(nodePrimitives, start, identities);
    const first = dst.push(start.subarray(dst.payloadAt));
    if (dst.head !== null) return new OpenedFile(fileHead(dst.head), dst, { first, rest });
    // The whole file is one chunk, so what it says of itself is known only at its end.
    const { content, signer } = dst.finish();
    const opener = { push: () => EMPTY, finish: () => ({ content: EMPTY, signer }), [Symbol.dispose]: () => {} };
    return new OpenedFile(fileHead(dst.head), opener, { first: content, rest });
  }

  /** A name for the content, safe on every platform; null when the file tells none. */
  get name(): string | null {
    const name = this.head?.name ?? null;
    return name === null ? null : safeName(name, 'decrypted');
  }

  /**
   * The content, each part as soon as it is authentic. That it is whole, and who signed it, is known only at the end.
   * Rejects SEALED_*.
   */
  async *content(): AsyncGenerator<Uint8Array, void, undefined> {
    using opener = this.#opener; // Its key is forgotten, also when nobody reads on.
    if (this.#first.length > 0) yield this.#first;
    try {
      for (;;) {
        const { done, value } = await this.#rest.next();
        if (done === true) break;
        const content = opener.push(value);
        if (content.length > 0) yield content;
      }
    } finally {
      await this.#rest.return?.();
    }
    const { content, signer } = opener.finish();
    if (content.length > 0) yield content;
    this.signer = signer === null ? null : signerFingerprint(signer);
  }
}

/** Throws FILE_KIND. */
function fileHead(head: DstHead | null): { readonly format: 'dst'; readonly head: DstHead } {
  if (head?.kind === 'file') return { format: 'dst', head };
  throw fileError('FILE_KIND', `what is sealed in the file is ${head?.kind === 'identity' ? 'a key' : 'a torrent'}`);
}

async function* counted(
  input: Input,
  { onProgress, signal }: OpenOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done: ByteCount = 0;
  for await (const block of input.blocks(signal)) {
    done += block.length;
    yield block;
    onProgress?.(done, input.length);
  }
}

async function* withoutArmor(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new ArmorDecoder();
  for await (const block of text) yield decoder.push(block);
  yield decoder.finish();
}
