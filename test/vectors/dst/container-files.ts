/** Files for the vectors: made with fixed chance, and then damaged or forged. */
import { concat, toBinary, utf8, writeU32 } from '../../../src/base/bytes.ts';
import { type Encodable, encode } from '../../../src/codec/bencode/index.ts';
import { CHUNKS_HEAD, ChunkKey } from '../../../src/codec/dst/chunks.ts';
import {
  type DstHead,
  type DstKind,
  paddedLength,
  passphraseRecipient,
  sealDst,
} from '../../../src/codec/dst/index.ts';
import { chunkContext, DST_VERSION } from '../../../src/codec/dst/seal.ts';
import type { Signer } from '../../../src/codec/dst/signature.ts';
import { parseHeader, type Recipient, type Stanza } from '../../../src/codec/sealed/index.ts';
import { wrapFileKey } from '../../../src/codec/sealed/file-key.ts';
import { nodePrimitives } from '../../../src/crypto/native/node-primitives.ts';
import type { Argon2Costs, Primitives } from '../../../src/crypto/primitives.ts';
import { fixedPrimitives, fixedRsa, streamOf } from './deterministic.ts';
import { authorWith, type Recipients, recipientsWith } from './people.ts';

export const PASSPHRASE = 'correct horse';
const QUICK = { memory: 64, passes: 1, lanes: 1 };
const CREATED = 1_764_000_000;

export interface Making {
  /** Default: everybody who knows the passphrase. */
  readonly for?: readonly (keyof Recipients)[] | undefined;
  readonly passphrase?: string;
  readonly costs?: Argon2Costs;
  readonly content?: Uint8Array;
  readonly kind?: DstKind;
  readonly isBare?: boolean;
  readonly isSigned?: boolean;
  readonly signer?: (author: Signer) => Signer;
  /** More stanzas than those of the recipients. */
  readonly extra?: readonly Stanza[];
}

export interface Made {
  readonly file: Uint8Array;
  readonly fileKey: Uint8Array;
  readonly content: Uint8Array;
  readonly head: DstHead;
  readonly primitives: Primitives;
}

const stanzaOf = (stanza: Stanza): Recipient => ({
  type: stanza.type,
  family: 'post-quantum',
  wrap: async () => stanza,
});

export async function make(name: string, making: Making = {}): Promise<Made> {
  const random = streamOf(`dst vectors: ${name}`);
  const primitives = fixedPrimitives(random);
  const { content = utf8('attack at dawn'), kind = 'file', isBare = false, isSigned = false } = making;
  const people = recipientsWith(primitives, fixedRsa(random), random);
  const { passphrase = PASSPHRASE, costs = QUICK } = making;
  const recipients = making.for?.map((one) => people[one]) ?? [
    passphraseRecipient(primitives, random, passphrase, costs),
  ];
  const made = { fileKey: new Uint8Array(0) };
  const [first, ...rest] = [...recipients, ...(making.extra ?? []).map(stanzaOf)] as [Recipient];
  const leaking: Recipient = {
    type: first.type,
    family: first.family,
    wrap(fileKey) {
      made.fileKey = fileKey.slice();
      return first.wrap(fileKey);
    },
  };
  const author = authorWith(primitives);
  const signer = isSigned ? (making.signer?.(author) ?? author) : null;
  const said = { kind, name: isBare ? null : 'plan.txt', created: isBare ? null : CREATED };
  const file = await sealDst(primitives, random, { ...said, recipients: [leaking, ...rest], signer }, content);
  const head = { kind, length: content.length, isSigned, created: said.created, name: said.name };
  return { file, fileKey: made.fileKey, content, head, primitives };
}

// ---- what is done to files

export const headerLength = (file: Uint8Array): number => parseHeader(file, DST_VERSION).length;
export const payloadAt = (file: Uint8Array): number => headerLength(file) + CHUNKS_HEAD;
export const flip = (file: Uint8Array, at: number): Uint8Array => file.with(at, (file.at(at) as number) ^ 1);

/** The file with other text in its header. */
export function retyped(file: Uint8Array, from: string | RegExp, to: string): Uint8Array {
  const length = headerLength(file);
  const text = toBinary(file.subarray(0, length)).replace(from, to);
  return concat([Uint8Array.from(text, (character) => character.charCodeAt(0)), file.subarray(length)]);
}

/** The file with other plaintext, of one chunk, as one who has its key could make it. */
export function resealed({ file, fileKey }: Made, change: (plaintext: Uint8Array) => Uint8Array): Uint8Array {
  const header = file.subarray(0, headerLength(file));
  const head = file.subarray(header.length, payloadAt(file));
  const context = chunkContext(nodePrimitives.hash('sha512', header));
  const key = ChunkKey.forOpening(nodePrimitives, fileKey, head, context);
  const plaintext = key?.open(0, file.subarray(payloadAt(file))) ?? null;
  if (key === null || plaintext === null) throw new Error('only files of one chunk are sealed again');
  return concat([header, head, key.seal(0, change(plaintext.slice()))]);
}

/** The file with another dictionary at the beginning of its plaintext, rightly padded. */
export function withHead(made: Made, dictionary: Record<string, Encodable | undefined> | string): Uint8Array {
  const bytes = typeof dictionary === 'string' ? utf8(dictionary) : encode(dictionary);
  const size = new Uint8Array(4);
  writeU32(size, 0, bytes.length);
  const used = concat([size, bytes, made.content]);
  return resealed(made, () => concat([used, new Uint8Array(paddedLength(used.length) - used.length)]));
}

/** The file with other stanzas and a right authentication code, but with the payload of before. */
export async function rewrapped({ primitives, fileKey, file }: Made, stanzas: readonly Stanza[]): Promise<Uint8Array> {
  const header = await wrapFileKey(primitives, DST_VERSION, fileKey, stanzas.map(stanzaOf));
  return concat([header, file.subarray(headerLength(file))]);
}
