/** AES-256-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439) over @noble/ciphers. */
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { checkLength } from '../checks.ts';
import type { Aead } from '../primitives.ts';

const TAG = 16;

const aead = (cipher: typeof gcm | typeof chacha20poly1305): Aead => {
  const keyed = (key: Uint8Array, nonce: Uint8Array, associated?: Uint8Array): ReturnType<typeof gcm> => {
    checkLength('a key', key, 32); // A shorter one would make it AES-128.
    checkLength('a nonce', nonce, 12);
    return cipher(key, nonce, associated);
  };
  return {
    seal: (key, nonce, plaintext, associated) => keyed(key, nonce, associated).encrypt(plaintext),
    open(key, nonce, ciphertext, associated) {
      const opener = keyed(key, nonce, associated);
      try {
        return opener.decrypt(ciphertext);
      } catch {
        return null;
      }
    },
    sealInto(into, key, nonce, plaintext) {
      checkLength('the memory for a ciphertext', into, plaintext.length + TAG);
      into.set(keyed(key, nonce).encrypt(plaintext));
    },
    openInto(into, key, nonce, ciphertext) {
      checkLength('a ciphertext', ciphertext, into.length + TAG);
      try {
        into.set(keyed(key, nonce).decrypt(ciphertext));
        return true;
      } catch {
        into.fill(0);
        return false;
      }
    },
  };
};

export const aes256Gcm: Aead = aead(gcm);
export const chacha20Poly1305: Aead = aead(chacha20poly1305);
