/**
 * Fingerprints of public keys: what people compare. 160 bits of SHA-256 in Base32 (RFC 4648 §6), eight groups of four
 * letters. There are no short forms: who can compute 2^40 hashes finds a key for any eight letters.
 */
import { utf8 } from '../../base/bytes.ts';
import type { Primitives } from '../../crypto/primitives.ts';

/** What a fingerprint stands for. `identity`: the signing key, whose signature binds all else of an identity to it. */
export type FingerprintType = 'identity' | 'rsa4096' | 'x25519' | 'mlkem768x25519';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const GROUP = 4;
const LENGTH = 32;

/** SHA-256 over `dst-fp-v1`, the type, a zero byte and the public key. */
export function fingerprintOf(primitives: Pick<Primitives, 'hash'>, type: FingerprintType, key: Uint8Array): string {
  const digest = primitives.hash('sha256', utf8(`dst-fp-v1${type}\0`), key);
  let letters = '';
  let value = 0;
  let bits = 0;
  for (const byte of digest.subarray(0, 20)) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) letters += LETTERS[(value >>> (bits - 5)) & 31];
    value &= 0xff;
  }
  return grouped(letters);
}

/** The one form of a fingerprint that may have blanks, hyphens and small letters; null for any other text. */
export function parseFingerprint(text: string): string | null {
  const letters = text.replaceAll(/[\s-]/g, '').toUpperCase();
  return letters.length === LENGTH && /^[A-Z2-7]+$/.test(letters) ? grouped(letters) : null;
}

const grouped = (letters: string): string =>
  Array.from({ length: LENGTH / GROUP }, (_, i) => letters.slice(i * GROUP, (i + 1) * GROUP)).join('-');
