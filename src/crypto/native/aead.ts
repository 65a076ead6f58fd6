/** AES-256-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439) over OpenSSL. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { secretMemory } from '../../base/bytes.ts';
import { checkLength } from '../checks.ts';
import { type Aead, wipe } from '../primitives.ts';
import { release } from './release.ts';

const TAG = 16;
const tagLength = { authTagLength: TAG };

type Name = 'aes-256-gcm' | 'chacha20-poly1305';

function sealInto(
  name: Name,
  into: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated?: Uint8Array,
): void {
  checkLength('a nonce', nonce, 12);
  const cipher = createCipheriv(name as 'aes-256-gcm', key, nonce, tagLength);
  if (associated !== undefined) cipher.setAAD(associated);
  const sealed = cipher.update(plaintext);
  into.set(sealed);
  release(sealed);
  cipher.final();
  into.set(cipher.getAuthTag(), plaintext.length);
}

function openInto(
  name: Name,
  into: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  associated?: Uint8Array,
): boolean {
  checkLength('a nonce', nonce, 12);
  const decipher = createDecipheriv(name as 'aes-256-gcm', key, nonce, tagLength);
  decipher.setAuthTag(ciphertext.subarray(into.length));
  if (associated !== undefined) decipher.setAAD(associated);
  const opened = decipher.update(ciphertext.subarray(0, into.length));
  try {
    decipher.final();
  } catch {
    wipe(opened, into);
    return false;
  }
  into.set(opened);
  wipe(opened); // It is given back as it is.
  release(opened);
  return true;
}

const aead = (name: Name): Aead => ({
  seal(key, nonce, plaintext, associated) {
    const sealed = new Uint8Array(plaintext.length + TAG);
    sealInto(name, sealed, key, nonce, plaintext, associated);
    return sealed;
  },
  open(key, nonce, ciphertext, associated) {
    const opened = secretMemory(Math.max(0, ciphertext.length - TAG));
    if (ciphertext.length < TAG) checkLength('a nonce', nonce, 12);
    return ciphertext.length >= TAG && openInto(name, opened, key, nonce, ciphertext, associated) ? opened : null;
  },
  sealInto(into, key, nonce, plaintext) {
    checkLength('the memory for a ciphertext', into, plaintext.length + TAG);
    sealInto(name, into, key, nonce, plaintext);
  },
  openInto(into, key, nonce, ciphertext) {
    checkLength('a ciphertext', ciphertext, into.length + TAG);
    return openInto(name, into, key, nonce, ciphertext);
  },
});

export const aes256Gcm: Aead = aead('aes-256-gcm');
export const chacha20Poly1305: Aead = aead('chacha20-poly1305');
