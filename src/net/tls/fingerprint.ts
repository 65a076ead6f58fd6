/**
 * Fingerprints of keys in certificates: SHA-256 of the SubjectPublicKeyInfo, as RFC 7469 §2.4 pins keys, written as curl
 * takes it for --pinnedpubkey. They stay the same when a certificate is renewed with its key.
 */
import { createHash, type KeyObject } from 'node:crypto';

const PREFIX = 'sha256//';

/** `sha256//` and 32 bytes as base64. */
export function spkiFingerprint(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return PREFIX + createHash('sha256').update(spki).digest('base64');
}

/** What people and configurations say of a key: as it is printed, without `sha256//`, or in hexadecimal, with or without colons. Null for other text. */
export function parsePin(text: string): string | null {
  const hex = text.trim().replaceAll(':', '');
  if (/^[0-9a-f]{64}$/i.test(hex)) return PREFIX + Buffer.from(hex, 'hex').toString('base64');
  const base64 = text.trim().replace(PREFIX, '');
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === base64 ? PREFIX + base64 : null;
}
