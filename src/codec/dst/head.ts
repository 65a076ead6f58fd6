/**
 * What a `.dst` says of itself, inside the encryption: a length (u32) and a bencoded dictionary. Then follow the
 * content, the signature when there is one, and zeros up to a padded length (docs/spec/dst.md, "Plaintext").
 */
import { concat, readU32, utf8, writeU32 } from '../../base/bytes.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import { type BencodeDict, decodeDict, encode } from '../bencode/index.ts';
import { sealedError } from '../sealed/index.ts';

/** `torrent`: what content.ts describes; `file`: any file; `identity`: a key file. */
export type DstKind = 'torrent' | 'file' | 'identity';
const kinds: readonly string[] = ['torrent', 'file', 'identity'] satisfies DstKind[];

export interface DstHead {
  readonly kind: DstKind;
  /** Of the content. */
  readonly length: ByteCount;
  readonly isSigned: boolean;
  readonly created: UnixSeconds | null;
  /** Name of a file. */
  readonly name: string | null;
}

/** Longest dictionary, bytes. */
const LONGEST_HEAD: ByteCount = 4096;
/** Longest name of a file, bytes; that of the usual file systems. */
const LONGEST_NAME: ByteCount = 255;

/** A name that is too long to be read again is left out: it is a hint, and a file that nobody can open is lost. */
export function encodeHead({ kind, length, isSigned, created, name }: DstHead): Uint8Array {
  const dictionary = encode({
    created: created ?? undefined,
    kind,
    length,
    name: name !== null && utf8(name).length <= LONGEST_NAME ? name : undefined,
    signed: isSigned ? 1 : 0,
  });
  const size = new Uint8Array(4);
  writeU32(size, 0, dictionary.length);
  return concat([size, dictionary]);
}

/** The head at the beginning of `bytes` and its length, or null when more bytes are needed. Throws SEALED_HEADER. */
export function decodeHead(bytes: Uint8Array): { readonly head: DstHead; readonly length: ByteCount } | null {
  if (bytes.length < 4) return null;
  const length = 4 + readU32(bytes, 0);
  if (length > 4 + LONGEST_HEAD) throw wrong('is too long');
  return bytes.length < length ? null : { head: readHead(bytes.slice(4, length)), length };
}

function readHead(bytes: Uint8Array): DstHead {
  const dictionary = decoded(bytes);
  const kind = dictionary.text('kind');
  const length = dictionary.int('length');
  const name = dictionary.text('name');
  const signed = dictionary.int('signed');
  if (kind === null || !kinds.includes(kind)) throw wrong('has a kind that this program does not know');
  if (length === null || length < 0) throw wrong('has no length');
  if (signed !== 0 && signed !== 1) throw wrong('does not say whether it is signed');
  if (name !== null && utf8(name).length > LONGEST_NAME) throw wrong('has a name that is too long');
  return { kind: kind as DstKind, length, isSigned: signed === 1, created: dictionary.int('created'), name };
}

function decoded(bytes: Uint8Array): BencodeDict {
  try {
    const dictionary = decodeDict(bytes);
    if (dictionary !== null) return dictionary;
  } catch {
    // Said below: the words of a decoder are of no use to the owner of the file.
  }
  throw wrong('is not a bencoded dictionary');
}

const wrong = (what: string): Error => sealedError('SEALED_HEADER', `what the file says of itself ${what}`);
