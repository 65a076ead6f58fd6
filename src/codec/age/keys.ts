/**
 * Keys of age as text (c2sp.org/age, "Native recipient types"): `age1…` and `AGE-SECRET-KEY-1…` of X25519, `age1pq1…`
 * and `AGE-SECRET-KEY-PQ-1…` of the hybrid kind, and the files in which they stand line by line.
 */
import type { ByteCount } from '../../base/units.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { X_WING_PUBLIC_KEY, xWingPublicKeyOf } from '../../crypto/x-wing.ts';
import { sealedError } from '../sealed/index.ts';
import { decodeBech32, encodeBech32 } from './bech32.ts';

/** `hybrid`: ML-KEM-768 and X25519 (X-Wing). */
export type AgeKeyKind = 'x25519' | 'hybrid';

/** For whom a file is sealed. */
export interface AgePublicKey {
  readonly kind: AgeKeyKind;
  /** 32 bytes, or 1,216 of the hybrid kind. */
  readonly publicKey: Uint8Array;
}

/** Who opens a file. */
export interface AgeSecretKey {
  readonly kind: AgeKeyKind;
  /** 32 bytes of chance. */
  readonly secret: Uint8Array;
}

interface KeyText {
  readonly kind: AgeKeyKind;
  readonly prefix: string;
  readonly length: ByteCount;
}
const publicTexts: readonly KeyText[] = [
  { kind: 'x25519', prefix: 'age', length: 32 },
  { kind: 'hybrid', prefix: 'age1pq', length: X_WING_PUBLIC_KEY },
];
const secretTexts: readonly KeyText[] = [
  { kind: 'x25519', prefix: 'AGE-SECRET-KEY-', length: 32 },
  { kind: 'hybrid', prefix: 'AGE-SECRET-KEY-PQ-', length: 32 },
];

export const encodeAgePublicKey = ({ kind, publicKey }: AgePublicKey): string => encode(publicTexts, kind, publicKey);

/** Throws SEALED_KEY_TEXT. */
export function decodeAgePublicKey(text: string): AgePublicKey {
  if (/^AGE-SECRET-KEY-/i.test(text)) throw wrong('is a secret key, where the public one is wanted');
  const { kind, bytes } = decode(publicTexts, text);
  return { kind, publicKey: bytes };
}

export const encodeAgeSecretKey = ({ kind, secret }: AgeSecretKey): string => encode(secretTexts, kind, secret);

/** Throws SEALED_KEY_TEXT. */
export function decodeAgeSecretKey(text: string): AgeSecretKey {
  if (/^age1/i.test(text)) throw wrong('is a public key, where the secret one is wanted');
  const { kind, bytes } = decode(secretTexts, text);
  return { kind, secret: bytes };
}

export const agePublicKeyOf = (primitives: Primitives, { kind, secret }: AgeSecretKey): AgePublicKey => ({
  kind,
  publicKey: kind === 'x25519' ? primitives.x25519.publicKeyOf(secret) : xWingPublicKeyOf(primitives, secret),
});

/** The keys of an identity file, as age-keygen writes it. Throws SEALED_KEY_TEXT, with the line in its details. */
export const decodeAgeIdentityFile = (text: string): AgeSecretKey[] => decodeLines(text, decodeAgeSecretKey);

/** The keys of a recipients file. Throws SEALED_KEY_TEXT, with the line in its details. */
export const decodeAgeRecipientsFile = (text: string): AgePublicKey[] => decodeLines(text, decodeAgePublicKey);

/** A key on each line; lines that are empty or begin with `#` say nothing. */
function decodeLines<T>(text: string, decodeLine: (line: string) => T): T[] {
  const keys: T[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      keys.push(decodeLine(line));
    } catch (error) {
      const details = { line: index + 1 };
      throw sealedError('SEALED_KEY_TEXT', `line ${index + 1}: ${(error as Error).message}`, { details });
    }
  }
  if (keys.length === 0) throw wrong('has no key in it');
  return keys;
}

function encode(texts: readonly KeyText[], kind: AgeKeyKind, bytes: Uint8Array): string {
  const { prefix, length } = texts.find((text) => text.kind === kind) as KeyText;
  if (bytes.length !== length) throw new RangeError(`a key of ${kind} has ${length} bytes, not ${bytes.length}`);
  return encodeBech32(prefix, bytes);
}

function decode(texts: readonly KeyText[], text: string): { readonly kind: AgeKeyKind; readonly bytes: Uint8Array } {
  const { prefix, bytes } = decodeBech32(text);
  const known = texts.find((candidate) => candidate.prefix === prefix);
  if (known === undefined) throw wrong(`is not a key of age of a known kind (${texts.map(formOf).join(', ')})`);
  if (bytes.length !== known.length) throw wrong(`is not a key: ${prefix}1… has ${known.length} bytes`);
  return { kind: known.kind, bytes };
}

const formOf = ({ prefix }: KeyText): string => `${prefix}1…`;

const wrong = (what: string): Error => sealedError('SEALED_KEY_TEXT', `the text ${what}`);
