/** RSA-4096 (RFC 8017) over OpenSSL. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { checkOaepPlaintext, RSA_BITS, RSA_CIPHERTEXT } from '../checks.ts';
import type { Rsa } from '../primitives.ts';
import { plainBytes } from '../plain-bytes.ts';

const generate = promisify(generateKeyPair);
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const oaep = (label: Uint8Array | undefined): object => ({
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  ...(label === undefined || label.length === 0 ? {} : { oaepLabel: label }),
});

const is4096 = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === RSA_BITS;

function privateKeyOf(der: Uint8Array): KeyObject {
  // A view: a copy would be a second place for the key to stay in.
  const view = Buffer.from(der.buffer, der.byteOffset, der.length);
  const key = createPrivateKey({ key: view, format: 'der', type: 'pkcs8' });
  if (!is4096(key)) throw new RangeError(`a private key has ${RSA_BITS} bits`);
  return key;
}

function publicKeyOf(der: Uint8Array): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    return is4096(key) ? key : null;
  } catch {
    return null;
  }
}

export const nodeRsa: Rsa = {
  async generate() {
    const pair = await generate('rsa', { modulusLength: RSA_BITS });
    return {
      privateKey: plainBytes(pair.privateKey.export({ type: 'pkcs8', format: 'der' })),
      publicKey: plainBytes(pair.publicKey.export({ type: 'spki', format: 'der' })),
    };
  },
  async encrypt(publicKey, plaintext, label) {
    checkOaepPlaintext(plaintext);
    const key = publicKeyOf(publicKey);
    return key === null ? null : plainBytes(publicEncrypt({ key, ...oaep(label) }, plaintext));
  },
  async decrypt(privateKey, ciphertext, label) {
    const key = privateKeyOf(privateKey);
    if (ciphertext.length !== RSA_CIPHERTEXT) return null;
    try {
      return plainBytes(privateDecrypt({ key, ...oaep(label) }, ciphertext));
    } catch {
      return null;
    }
  },
  async sign(privateKey, message) {
    return plainBytes(sign('sha256', message, { key: privateKeyOf(privateKey), ...pss }));
  },
  async verify(publicKey, message, signature) {
    const key = publicKeyOf(publicKey);
    return key !== null && verify('sha256', message, { key, ...pss }, signature);
  },
};
