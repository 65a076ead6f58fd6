/** Who can open a file of age: owners of an X25519 or a hybrid key, or everybody who knows a passphrase. */
import { concat, utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { hkdf } from '../../crypto/hkdf.ts';
import { chachaSuite, hpkeOpen, hpkeSeal } from '../../crypto/hpke.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';
import { X_WING_CIPHERTEXT } from '../../crypto/x-wing.ts';
import { type Identity, type Recipient, sealedError, stanzaBytes, stanzasOf, toBase64 } from '../sealed/index.ts';
import type { AgePublicKey, AgeSecretKey } from './keys.ts';

export const FILE_KEY: ByteCount = 16;
/** A file key under ChaCha20-Poly1305. */
const WRAPPED: ByteCount = FILE_KEY + 16;
const SHARE: ByteCount = 32;
const SALT: ByteCount = 16;

const CLASSICAL = 'X25519';
const HYBRID = 'mlkem768x25519';
export const PASSPHRASE = 'scrypt';
const CLASSICAL_INFO = utf8('age-encryption.org/v1/X25519');
const HYBRID_INFO = utf8('age-encryption.org/mlkem768x25519');
const PASSPHRASE_LABEL = utf8('age-encryption.org/v1/scrypt');

/** A wrap key is used once, for one file key. */
const NONCE = new Uint8Array(12);

export const ageRecipient = (primitives: Primitives, random: Random, { kind, publicKey }: AgePublicKey): Recipient =>
  kind === 'x25519'
    ? classicalRecipient(primitives, random, publicKey)
    : hybridRecipient(primitives, random, publicKey);

export const ageIdentity = (primitives: Primitives, { kind, secret }: AgeSecretKey): Identity =>
  kind === 'x25519' ? classicalIdentity(primitives, secret) : hybridIdentity(primitives, secret);

const classicalRecipient = (primitives: Primitives, random: Random, publicKey: Uint8Array): Recipient => ({
  type: CLASSICAL,
  family: 'classical',
  async wrap(fileKey) {
    const ephemeral = random.bytes(32);
    const share = primitives.x25519.publicKeyOf(ephemeral);
    const secret = primitives.x25519.sharedSecret(ephemeral, publicKey);
    wipe(ephemeral);
    if (secret === null) throw sealedError('SEALED_RECIPIENT', 'the recipient is not a public key of X25519');
    const wrapKey = hkdf(primitives, secret, concat([share, publicKey]), CLASSICAL_INFO);
    const body = primitives.chacha20Poly1305.seal(wrapKey, NONCE, fileKey);
    wipe(secret, wrapKey);
    return { type: CLASSICAL, args: [toBase64(share)], body };
  },
});

const classicalIdentity = (primitives: Primitives, privateKey: Uint8Array): Identity => ({
  async unwrap(stanzas) {
    for (const stanza of stanzasOf(stanzas, CLASSICAL, WRAPPED)) {
      const [share] = stanzaBytes(stanza, [SHARE]) as [Uint8Array];
      const secret = primitives.x25519.sharedSecret(privateKey, share);
      if (secret === null) throw smallOrder(CLASSICAL);
      const publicKey = primitives.x25519.publicKeyOf(privateKey);
      const wrapKey = hkdf(primitives, secret, concat([share, publicKey]), CLASSICAL_INFO);
      const key = primitives.chacha20Poly1305.open(wrapKey, NONCE, stanza.body);
      wipe(secret, wrapKey);
      if (key !== null) return key;
    }
    return null;
  },
});

const hybridRecipient = (primitives: Primitives, random: Random, publicKey: Uint8Array): Recipient => ({
  type: HYBRID,
  family: 'post-quantum',
  async wrap(fileKey) {
    const ephemeral = random.bytes(32);
    const sealed = hpkeSeal(chachaSuite(primitives), publicKey, HYBRID_INFO, fileKey, ephemeral);
    wipe(ephemeral);
    if (sealed === null) throw sealedError('SEALED_RECIPIENT', 'the recipient is not a hybrid public key');
    return { type: HYBRID, args: [toBase64(sealed.encapsulated)], body: sealed.ciphertext };
  },
});

const hybridIdentity = (primitives: Primitives, seed: Uint8Array): Identity => ({
  async unwrap(stanzas) {
    for (const stanza of stanzasOf(stanzas, HYBRID, WRAPPED)) {
      const [encapsulated] = stanzaBytes(stanza, [X_WING_CIPHERTEXT]) as [Uint8Array];
      const key = hpkeOpen(chachaSuite(primitives), seed, HYBRID_INFO, encapsulated, stanza.body);
      if (key !== null) return key;
      // A share of small order gives no secret with any key (RFC 7748 §6.1), so it is not just for somebody else.
      const shared = primitives.x25519.sharedSecret(seed, encapsulated.subarray(X_WING_CIPHERTEXT - SHARE));
      if (shared === null) throw smallOrder(HYBRID);
      wipe(shared);
    }
    return null;
  },
});

const smallOrder = (type: string): Error =>
  sealedError('SEALED_HEADER', `the share of ${type} is a point whose secret everybody knows`);

/** What age writes: 256 MiB and about half a second. */
const defaultWorkFactor = 18;
/** Most that a file may demand of who opens it: 1 GiB. */
const highestWorkFactor = 20;

/** `workFactor`: the binary logarithm of scrypt's cost; each step doubles memory and time. */
export const agePassphraseRecipient = (
  primitives: Primitives,
  random: Random,
  passphrase: string,
  workFactor: number = defaultWorkFactor,
): Recipient => ({
  type: PASSPHRASE,
  family: 'passphrase',
  async wrap(fileKey) {
    if (passphrase === '') throw sealedError('SEALED_RECIPIENT', 'the passphrase is empty');
    const salt = random.bytes(SALT);
    const wrapKey = await passphraseKey(primitives, passphrase, salt, workFactor);
    const body = primitives.chacha20Poly1305.seal(wrapKey, NONCE, fileKey);
    wipe(wrapKey);
    return { type: PASSPHRASE, args: [toBase64(salt), String(workFactor)], body };
  },
});

export const agePassphraseIdentity = (
  primitives: Primitives,
  passphrase: string,
  highest: number = highestWorkFactor,
): Identity => ({
  async unwrap(stanzas) {
    const [stanza] = stanzasOf(stanzas, PASSPHRASE, WRAPPED);
    if (stanza === undefined) return null;
    const [saltText = '', ...numbers] = stanza.args;
    const [salt] = stanzaBytes({ ...stanza, args: [saltText] }, [SALT]) as [Uint8Array];
    const wrapKey = await passphraseKey(primitives, passphrase, salt, workFactorOf(numbers, highest));
    const key = primitives.chacha20Poly1305.open(wrapKey, NONCE, stanza.body);
    wipe(wrapKey);
    if (key === null) throw sealedError('SEALED_PASSPHRASE', 'the passphrase does not open the file');
    return key;
  },
});

function workFactorOf([text = '', ...more]: readonly string[], highest: number): number {
  if (!/^[1-9]\d*$/.test(text) || more.length > 0) {
    throw sealedError('SEALED_HEADER', 'the work factor of the passphrase is not one whole number');
  }
  const workFactor = Number(text);
  if (workFactor <= highest) return workFactor;
  throw sealedError('SEALED_COST', `the work factor of the passphrase is above ${highest}`, {
    details: { workFactor },
  });
}

/** The passphrase goes in byte for byte, as the other programs do it. */
async function passphraseKey(
  primitives: Primitives,
  passphrase: string,
  salt: Uint8Array,
  logN: number,
): Promise<Uint8Array> {
  const password = utf8(passphrase);
  try {
    return await primitives.scrypt(password, concat([PASSPHRASE_LABEL, salt]), { logN, r: 8, p: 1 }, 32);
  } finally {
    wipe(password);
  }
}
