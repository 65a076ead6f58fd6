/** Private identity: the seeds of all keys, beside the public identity that they make. */
import { equalBytes } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { HYBRID_SEED, hybridPublicKeyOf } from '../../crypto/hybrid-signature.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';
import { xWingPublicKeyOf } from '../../crypto/x-wing.ts';
import type { BencodeDict } from '../bencode/index.ts';
import type { RsaHybridKey } from '../dst/index.ts';
import { bytesOf, checkCanonical, decodeDocument, encodeDocument, invalid } from './document.ts';
import { decodeIdentity, type PublicIdentity } from './public-identity.ts';

export interface IdentitySecrets {
  /** Seeds of ML-DSA-65 and Ed25519, 64 bytes. */
  readonly signing: Uint8Array;
  /** Seed of X-Wing, 32 bytes. */
  readonly encryption: Uint8Array;
  /** RSA-4096 (PKCS#8) and the seed of ML-KEM-768, 64 bytes. */
  readonly rsa: RsaHybridKey | null;
  /** X25519, 32 bytes: an older key of age, kept to open what was sealed for it. No part of the public identity. */
  readonly age: Uint8Array | null;
}

export interface PrivateIdentity {
  readonly identity: PublicIdentity;
  readonly secrets: IdentitySecrets;
}

const TYPE = 'dst-torrent.org/v1/private-identity';
const XWING_SEED: ByteCount = 32;
const KEM_SEED: ByteCount = 64;
const X25519_KEY: ByteCount = 32;
/** PKCS#8 of RSA-4096 has about 2,375 bytes. */
const LONGEST_RSA: ByteCount = 4096;

export const encodePrivateIdentity = ({ identity, secrets }: PrivateIdentity): Uint8Array =>
  encodeDocument(TYPE, {
    age: secrets.age ?? undefined,
    encryption: secrets.encryption,
    identity: identity.encoded,
    kem: secrets.rsa?.kem,
    rsa: secrets.rsa?.rsa,
    signing: secrets.signing,
  });

/** Throws IDENTITY_*; IDENTITY_INVALID when the seeds do not make the public identity. What it gives is a copy. */
export function decodePrivateIdentity(primitives: Primitives, bytes: Uint8Array): PrivateIdentity {
  const dictionary = decodeDocument(bytes, TYPE);
  const secrets = {
    signing: bytesOf(dictionary, 'signing', HYBRID_SEED),
    encryption: bytesOf(dictionary, 'encryption', XWING_SEED),
    rsa: rsaOf(dictionary),
    age: dictionary.has('age') ? bytesOf(dictionary, 'age', X25519_KEY) : null,
  };
  try {
    const identity = decodeIdentity(primitives, dictionary.bytes('identity') ?? new Uint8Array(0));
    const decoded = { identity, secrets };
    checkPrivate(primitives, bytes, decoded);
    return decoded;
  } catch (error) {
    wipeSecrets(secrets);
    throw error;
  }
}

/** Throws IDENTITY_INVALID unless `bytes` are its document and the seeds make the public identity. */
function checkPrivate(primitives: Primitives, bytes: Uint8Array, decoded: PrivateIdentity): void {
  const { identity, secrets } = decoded;
  const encoded = encodePrivateIdentity(decoded);
  try {
    checkCanonical(bytes, encoded);
  } finally {
    wipe(encoded);
  }
  const areSame =
    equalBytes(hybridPublicKeyOf(primitives, secrets.signing), identity.signing) &&
    equalBytes(xWingPublicKeyOf(primitives, secrets.encryption), identity.encryption) &&
    (secrets.rsa === null) === (identity.rsa === null) &&
    (secrets.rsa === null ||
      equalBytes(primitives.mlKem768.publicKeyOf(secrets.rsa.kem), identity.rsa?.kem as Uint8Array));
  if (!areSame) throw invalid('has secret keys that do not belong to its public ones');
}

function rsaOf(dictionary: BencodeDict): RsaHybridKey | null {
  if (!dictionary.has('rsa') && !dictionary.has('kem')) return null;
  const rsa = dictionary.bytes('rsa');
  if (rsa === null || rsa.length > LONGEST_RSA) throw invalid('has no valid rsa');
  return { rsa: rsa.slice(), kem: bytesOf(dictionary, 'kem', KEM_SEED) };
}

/** Overwrites all secrets. */
export function wipeSecrets({ signing, encryption, rsa, age }: IdentitySecrets): void {
  wipe(signing, encryption, ...(rsa === null ? [] : [rsa.rsa, rsa.kem]), ...(age === null ? [] : [age]));
}
