/** RSA-4096 (RFC 8017) over the Web Crypto API, which browsers and Node have. */
import { checkOaepPlaintext, RSA_BITS, RSA_CIPHERTEXT } from '../checks.ts';
import type { Rsa } from '../primitives.ts';

const { subtle } = crypto;
type Key = Awaited<ReturnType<typeof subtle.importKey>>;
/** As its types want it: no shared memory, which Web Crypto refuses. */
const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;
type Use = 'encrypt' | 'decrypt' | 'sign' | 'verify';

const pss = { name: 'RSA-PSS', saltLength: 32 };
const oaep = (label: Uint8Array = new Uint8Array(0)): { name: string; label: Uint8Array<ArrayBuffer> } => ({
  name: 'RSA-OAEP',
  label: unshared(label),
});

const algorithmFor = (use: Use): { name: string; hash: string } => ({
  name: use === 'sign' || use === 'verify' ? 'RSA-PSS' : 'RSA-OAEP',
  hash: 'SHA-256',
});

const is4096 = ({ algorithm }: Key): boolean => 'modulusLength' in algorithm && algorithm.modulusLength === RSA_BITS;

async function privateKeyOf(der: Uint8Array, use: 'decrypt' | 'sign'): Promise<Key> {
  const key = await subtle.importKey('pkcs8', unshared(der), algorithmFor(use), false, [use]);
  if (!is4096(key)) throw new RangeError(`a private key has ${RSA_BITS} bits`);
  return key;
}

async function publicKeyOf(der: Uint8Array, use: 'encrypt' | 'verify'): Promise<Key | null> {
  try {
    const key = await subtle.importKey('spki', unshared(der), algorithmFor(use), false, [use]);
    return is4096(key) ? key : null;
  } catch {
    return null;
  }
}

export const webRsa: Rsa = {
  async generate() {
    const parameters = { ...algorithmFor('sign'), modulusLength: RSA_BITS, publicExponent: Uint8Array.of(1, 0, 1) };
    const pair = await subtle.generateKey(parameters, true, ['sign', 'verify']);
    return {
      privateKey: new Uint8Array(await subtle.exportKey('pkcs8', pair.privateKey)),
      publicKey: new Uint8Array(await subtle.exportKey('spki', pair.publicKey)),
    };
  },
  async encrypt(publicKey, plaintext, label) {
    checkOaepPlaintext(plaintext);
    const key = await publicKeyOf(publicKey, 'encrypt');
    return key === null ? null : new Uint8Array(await subtle.encrypt(oaep(label), key, unshared(plaintext)));
  },
  async decrypt(privateKey, ciphertext, label) {
    const key = await privateKeyOf(privateKey, 'decrypt');
    if (ciphertext.length !== RSA_CIPHERTEXT) return null;
    try {
      return new Uint8Array(await subtle.decrypt(oaep(label), key, unshared(ciphertext)));
    } catch {
      return null;
    }
  },
  async sign(privateKey, message) {
    return new Uint8Array(await subtle.sign(pss, await privateKeyOf(privateKey, 'sign'), unshared(message)));
  },
  async verify(publicKey, message, signature) {
    const key = await publicKeyOf(publicKey, 'verify');
    return key !== null && subtle.verify(pss, key, unshared(signature), unshared(message));
  },
};
