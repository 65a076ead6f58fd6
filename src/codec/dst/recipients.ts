/**
 * Who can open a `.dst` (docs/spec/dst.md, "Recipients"): owners of a hybrid key (X-Wing), of an RSA-4096 key beside
 * an ML-KEM-768 one, of an RSA-4096 key alone, or everybody who knows a passphrase.
 */
import { concat, utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { aesSuite, hpkeOpen, hpkeSeal } from '../../crypto/hpke.ts';
import { type Argon2Costs, type Primitives, type Rsa, wipe } from '../../crypto/primitives.ts';
import { X_WING_CIPHERTEXT } from '../../crypto/x-wing.ts';
import { type Identity, type Recipient, sealedError, stanzaBytes, stanzasOf, toBase64 } from '../sealed/index.ts';

const FILE_KEY: ByteCount = 32;
/** A file key under AES-256-GCM. */
const WRAPPED: ByteCount = FILE_KEY + 16;
const KEM_CIPHERTEXT: ByteCount = 1088;
const RSA_CIPHERTEXT: ByteCount = 512;
/** What RSA carries beside ML-KEM. */
const RSA_SECRET: ByteCount = 32;

const HYBRID = 'mlkem768x25519';
const RSA_HYBRID = 'mlkem768rsa4096';
/** A stanza that may stand beside none of another type. */
export const RSA_ALONE = 'rsa4096';
/** A stanza that must be alone. */
export const PASSPHRASE = 'argon2id';
/** Most stanzas of both types with RSA: each costs whoever has such a key a private operation, 2 ms. */
export const MOST_RSA = 64;
export const isWithRsa = ({ type }: { readonly type: string }): boolean => type === RSA_HYBRID || type === RSA_ALONE;
/** The purpose of a wrapped key, so that none is of use in another place. */
const labelOf = (type: string): Uint8Array => utf8(`dst-torrent.org/v1/${type}`);

/** A wrap key is used once, for one file key. */
const NONCE = new Uint8Array(12);

/** An RSA-4096 key and the ML-KEM-768 key that goes with it. */
export interface RsaHybridKey {
  /** DER: SPKI of the public, PKCS#8 of the private key. */
  readonly rsa: Uint8Array;
  /** The public key, 1,184 bytes, or the seed, 64 bytes. */
  readonly kem: Uint8Array;
}

/** `publicKey`: 1,216 bytes. */
export const hybridRecipient = (primitives: Primitives, random: Random, publicKey: Uint8Array): Recipient => ({
  type: HYBRID,
  family: 'post-quantum',
  async wrap(fileKey) {
    const ephemeral = random.bytes(32);
    const sealed = hpkeSeal(aesSuite(primitives), publicKey, labelOf(HYBRID), fileKey, ephemeral);
    wipe(ephemeral);
    if (sealed === null) throw sealedError('SEALED_RECIPIENT', 'the recipient is not a hybrid public key');
    return { type: HYBRID, args: [toBase64(sealed.encapsulated)], body: sealed.ciphertext };
  },
});

/** `seed`: 32 bytes. */
export const hybridIdentity = (primitives: Primitives, seed: Uint8Array): Identity => ({
  async unwrap(stanzas) {
    for (const stanza of stanzasOf(stanzas, HYBRID, WRAPPED)) {
      const [encapsulated] = stanzaBytes(stanza, [X_WING_CIPHERTEXT]);
      const key = hpkeOpen(aesSuite(primitives), seed, labelOf(HYBRID), encapsulated as Uint8Array, stanza.body);
      if (key !== null) return key;
    }
    return null;
  },
});

export const rsaHybridRecipient = (
  primitives: Primitives,
  rsa: Rsa,
  random: Random,
  publicKey: RsaHybridKey,
): Recipient => ({
  type: RSA_HYBRID,
  family: 'post-quantum',
  async wrap(fileKey) {
    const secret = random.bytes(RSA_SECRET);
    const rsaCiphertext = await rsa.encrypt(publicKey.rsa, secret, labelOf(RSA_HYBRID));
    const kem = primitives.mlKem768.encapsulate(publicKey.kem);
    if (rsaCiphertext === null || kem === null) {
      throw sealedError('SEALED_RECIPIENT', 'the recipient is not a public key of RSA-4096 and ML-KEM-768');
    }
    const parts = { kemSecret: kem.secret, kemCiphertext: kem.ciphertext, secret, rsaCiphertext };
    const wrapKey = combine(primitives, parts, publicKey);
    const body = primitives.aes256Gcm.seal(wrapKey, NONCE, fileKey);
    wipe(wrapKey, secret, kem.secret);
    return { type: RSA_HYBRID, args: [toBase64(kem.ciphertext), toBase64(rsaCiphertext)], body };
  },
});

/** Both halves of the key pair: the public one goes into the wrap key. */
export const rsaHybridIdentity = (
  primitives: Primitives,
  rsa: Rsa,
  privateKey: RsaHybridKey,
  publicKey: RsaHybridKey,
): Identity => ({
  async unwrap(stanzas) {
    for (const stanza of stanzasOf(stanzas, RSA_HYBRID, WRAPPED)) {
      const [kemCiphertext, rsaCiphertext] = stanzaBytes(stanza, [KEM_CIPHERTEXT, RSA_CIPHERTEXT]) as [
        Uint8Array,
        Uint8Array,
      ];
      const secret = await rsa.decrypt(privateKey.rsa, rsaCiphertext, labelOf(RSA_HYBRID));
      if (secret?.length !== RSA_SECRET) continue;
      const kemSecret = primitives.mlKem768.decapsulate(privateKey.kem, kemCiphertext);
      const wrapKey = combine(primitives, { kemSecret, kemCiphertext, secret, rsaCiphertext }, publicKey);
      const key = primitives.aes256Gcm.open(wrapKey, NONCE, stanza.body);
      wipe(wrapKey, secret, kemSecret);
      if (key !== null) return key;
    }
    return null;
  },
});

/** The key that wraps the file key: it holds as long as one of both does, and is bound to both keys and ciphertexts. */
function combine(
  primitives: Primitives,
  parts: { kemSecret: Uint8Array; kemCiphertext: Uint8Array; secret: Uint8Array; rsaCiphertext: Uint8Array },
  publicKey: RsaHybridKey,
): Uint8Array {
  const keys = primitives.hash('sha3-256', publicKey.kem, publicKey.rsa);
  const { kemSecret, kemCiphertext, secret, rsaCiphertext } = parts;
  return primitives.hash('sha3-256', kemSecret, secret, kemCiphertext, rsaCiphertext, keys, labelOf(RSA_HYBRID));
}

/** RSA-4096 alone, which quantum computers will open. `publicKey`: SPKI. */
export const rsaRecipient = (rsa: Rsa, publicKey: Uint8Array): Recipient => ({
  type: RSA_ALONE,
  family: 'classical',
  async wrap(fileKey) {
    const body = await rsa.encrypt(publicKey, fileKey, labelOf(RSA_ALONE));
    if (body === null) throw sealedError('SEALED_RECIPIENT', 'the recipient is not a public key of RSA-4096');
    return { type: RSA_ALONE, args: [], body };
  },
});

/** `privateKey`: PKCS#8. */
export const rsaIdentity = (rsa: Rsa, privateKey: Uint8Array): Identity => ({
  async unwrap(stanzas) {
    for (const stanza of stanzasOf(stanzas, RSA_ALONE, RSA_CIPHERTEXT)) {
      stanzaBytes(stanza, []);
      const key = await rsa.decrypt(privateKey, stanza.body, labelOf(RSA_ALONE));
      if (key?.length === FILE_KEY) return key;
    }
    return null;
  },
});

/** What a passphrase costs by default: 0.2 s and 64 MiB (RFC 9106 §4, second choice, with fewer lanes). */
const defaultPassphraseCosts: Argon2Costs = { memory: 64 * 1024, passes: 3, lanes: 1 };
/** Most that a file may demand of who opens it. */
const highestPassphraseCosts: Argon2Costs = { memory: 1024 * 1024, passes: 10, lanes: 4 };

export const passphraseRecipient = (
  primitives: Primitives,
  random: Random,
  passphrase: string,
  costs: Argon2Costs = defaultPassphraseCosts,
): Recipient => ({
  type: PASSPHRASE,
  family: 'passphrase',
  async wrap(fileKey) {
    const salt = random.bytes(16);
    const wrapKey = await passphraseKey(primitives, passphrase, salt, costs);
    const body = primitives.aes256Gcm.seal(wrapKey, NONCE, fileKey);
    wipe(wrapKey);
    const numbers = [costs.memory, costs.passes, costs.lanes].map(String);
    return { type: PASSPHRASE, args: [toBase64(salt), ...numbers], body };
  },
});

export const passphraseIdentity = (
  primitives: Primitives,
  passphrase: string,
  highest: Argon2Costs = highestPassphraseCosts,
): Identity => ({
  async unwrap(stanzas) {
    const [stanza] = stanzasOf(stanzas, PASSPHRASE, WRAPPED);
    if (stanza === undefined) return null;
    const [salt, ...numbers] = stanza.args;
    const [saltBytes] = stanzaBytes({ ...stanza, args: salt === undefined ? [] : [salt] }, [16]) as [Uint8Array];
    const wrapKey = await passphraseKey(primitives, passphrase, saltBytes, costsOf(numbers, highest));
    const key = primitives.aes256Gcm.open(wrapKey, NONCE, stanza.body);
    wipe(wrapKey);
    if (key === null) throw sealedError('SEALED_PASSPHRASE', 'the passphrase does not open the file');
    return key;
  },
});

async function passphraseKey(
  primitives: Primitives,
  passphrase: string,
  salt: Uint8Array,
  costs: Argon2Costs,
): Promise<Uint8Array> {
  // The same letters have the same bytes on every keyboard (RFC 8265 §4.2.2).
  const password = utf8(passphrase.normalize('NFC'));
  try {
    return await primitives.argon2id(password, concat([labelOf(PASSPHRASE), salt]), costs);
  } finally {
    wipe(password);
  }
}

function costsOf(numbers: readonly string[], highest: Argon2Costs): Argon2Costs {
  const [memory, passes, lanes] = numbers.map((text) => (/^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN));
  const costs = { memory, passes, lanes } as Argon2Costs;
  const isWhole = [memory, passes, lanes].every((number) => number !== undefined && !Number.isNaN(number));
  if (numbers.length !== 3 || !isWhole || costs.memory < 8 * costs.lanes) {
    throw sealedError('SEALED_HEADER', 'the costs of the passphrase are not three whole numbers that fit');
  }
  const isTooMuch = costs.memory > highest.memory || costs.passes > highest.passes || costs.lanes > highest.lanes;
  if (isTooMuch) {
    throw sealedError('SEALED_COST', `the passphrase would take ${costs.memory} KiB and ${costs.passes} passes`, {
      details: { ...costs },
    });
  }
  return costs;
}
