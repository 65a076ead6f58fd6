/**
 * What identities, rotations and signatures have in common: a bencoded dictionary that says what it is and of which
 * version, in one canonical form, signed under that same name.
 */
import { concatSecret, equalBytes } from '../../base/bytes.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { type BencodeDict, decodeDict, type Encodable, encode } from '../bencode/index.ts';
import { identityError } from './errors.ts';

/** The value of `type` in a dictionary, and the purpose of its signature. */
export type DocumentType =
  | 'dst-torrent.org/v1/identity'
  | 'dst-torrent.org/v1/private-identity'
  | 'dst-torrent.org/v1/rotation'
  | 'dst-torrent.org/v1/detached-signature'
  | 'dst-torrent.org/v1/peer-claim';

export type Fields = Readonly<Record<string, Encodable | undefined>>;

/** No document is larger; a private identity with RSA has 12 KiB. */
const limits = { size: 64 * 1024, depth: 2, tokens: 64 };

export const encodeDocument = (type: DocumentType, fields: Fields): Uint8Array => encode({ ...fields, type });

/** What is signed of a document: SHA-512 of it without its signatures. */
export const documentDigest = (primitives: Primitives, type: DocumentType, fields: Fields): Uint8Array =>
  primitives.hash('sha512', encodeDocument(type, fields));

/** The dictionary of a document of this type. Throws IDENTITY_VERSION and IDENTITY_INVALID. */
export function decodeDocument(bytes: Uint8Array, type: DocumentType): BencodeDict {
  const dictionary = dictionaryOf(bytes);
  const found = dictionary?.text('type') ?? '';
  if (dictionary !== null && found === type) return dictionary;
  const name = type.slice(type.lastIndexOf('/') + 1);
  if (/^dst-torrent\.org\/v\d{1,9}\//.test(found) && found.endsWith(`/${name}`)) {
    throw identityError('IDENTITY_VERSION', `the ${name} has another version than v1`);
  }
  throw invalid(`is not a ${name}`);
}

/** One document has one encoding, so that nothing in it goes unread. Throws IDENTITY_INVALID. */
export function checkCanonical(bytes: Uint8Array, encoded: Uint8Array): void {
  if (!equalBytes(bytes, encoded)) throw invalid('has unknown or misplaced parts');
}

function dictionaryOf(bytes: Uint8Array): BencodeDict | null {
  try {
    return decodeDict(bytes, limits);
  } catch {
    return null; // The words of a decoder are of no use to who has the file.
  }
}

export const invalid = (what: string): Error => identityError('IDENTITY_INVALID', `the document ${what}`);

/** A copy. Throws IDENTITY_INVALID unless the value has `length` bytes. */
export function bytesOf(dictionary: BencodeDict, key: string, length: number): Uint8Array {
  const value = dictionary.bytes(key);
  if (value?.length !== length) throw invalid(`has no valid ${key}`);
  return concatSecret([value]);
}

/** Seconds since 1970. Throws IDENTITY_INVALID. */
export function timeOf(dictionary: BencodeDict): number {
  const time = dictionary.int('created');
  if (time === null || time < 0) throw invalid('does not say when it was made');
  return time;
}
