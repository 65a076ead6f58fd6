/**
 * Public identity (docs/spec/identity.md): the keys of a person or program, and what they are called, bound together by
 * a signature of the signing key in it. Whether they belong to whom they name, only the fingerprint can tell.
 */
import { utf8 } from '../../base/bytes.ts';
import { UNSAFE_CHARACTERS } from '../../base/printable.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import { HYBRID_PUBLIC_KEY, HYBRID_SIGNATURE, verifyHybrid } from '../../crypto/hybrid-signature.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { X_WING_PUBLIC_KEY } from '../../crypto/x-wing.ts';
import type { BencodeDict } from '../bencode/index.ts';
import type { RsaHybridKey, Signer } from '../dst/index.ts';
import {
  bytesOf,
  checkCanonical,
  decodeDocument,
  documentDigest,
  encodeDocument,
  type Fields,
  invalid,
  timeOf,
} from './document.ts';
import { identityError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';

export interface IdentityKeys {
  /** ML-DSA-65 and Ed25519, 1,984 bytes. */
  readonly signing: Uint8Array;
  /** X-Wing, 1,216 bytes. */
  readonly encryption: Uint8Array;
  /** RSA-4096 (SPKI) and the ML-KEM-768 key that goes with it. */
  readonly rsa: RsaHybridKey | null;
}

export interface PublicIdentity extends IdentityKeys {
  /** What the owner calls it: 1 to 128 bytes without control characters. */
  readonly name: string | null;
  readonly created: UnixSeconds;
  /** Of the signing key. */
  readonly fingerprint: string;
  /** The canonical document. */
  readonly encoded: Uint8Array;
}

const TYPE = 'dst-torrent.org/v1/identity';
/** Longest name, bytes. */
const LONGEST_NAME: ByteCount = 128;
const KEM_PUBLIC_KEY: ByteCount = 1184;
/** SPKI of RSA-4096 has 550 bytes with the usual exponent. */
const LONGEST_RSA: ByteCount = 1024;

/** Whether it can be the name of an identity. */
export const isIdentityName = (name: string): boolean =>
  name !== '' &&
  name.trim() === name &&
  name.isWellFormed() &&
  utf8(name).length <= LONGEST_NAME &&
  name.search(UNSAFE_CHARACTERS) < 0;

/** A new identity, signed by its own signing key. Throws RangeError for a name that is none. */
export function signIdentity(
  primitives: Primitives,
  { name, created, keys }: { name: string | null; created: UnixSeconds; keys: Omit<IdentityKeys, 'signing'> },
  signer: Signer,
): PublicIdentity {
  if (name !== null && !isIdentityName(name)) throw new RangeError('not a name of an identity');
  const identity = { name, created, ...keys, signing: signer.publicKey };
  const fields = fieldsOf(identity);
  const signature = signer.sign(TYPE, documentDigest(primitives, TYPE, fields));
  return finished(primitives, identity, encodeDocument(TYPE, { ...fields, signature }));
}

/** Throws IDENTITY_INVALID, IDENTITY_VERSION, and IDENTITY_FORGED when it was not signed by its own key. */
export function decodeIdentity(primitives: Primitives, bytes: Uint8Array): PublicIdentity {
  const dictionary = decodeDocument(bytes, TYPE);
  const identity = {
    name: dictionary.text('name'),
    created: timeOf(dictionary),
    signing: bytesOf(dictionary, 'signing', HYBRID_PUBLIC_KEY),
    encryption: bytesOf(dictionary, 'encryption', X_WING_PUBLIC_KEY),
    rsa: rsaOf(dictionary),
  };
  if (identity.name !== null && !isIdentityName(identity.name)) throw invalid('has a name that is not allowed');
  const signature = bytesOf(dictionary, 'signature', HYBRID_SIGNATURE);
  const fields = fieldsOf(identity);
  checkCanonical(bytes, encodeDocument(TYPE, { ...fields, signature }));
  if (!verifyHybrid(primitives, identity.signing, TYPE, documentDigest(primitives, TYPE, fields), signature)) {
    throw identityError('IDENTITY_FORGED', 'the identity is not signed by its own key');
  }
  return finished(primitives, identity, bytes.slice());
}

function rsaOf(dictionary: BencodeDict): RsaHybridKey | null {
  if (!dictionary.has('rsa') && !dictionary.has('kem')) return null;
  const rsa = dictionary.bytes('rsa');
  if (rsa === null || rsa.length > LONGEST_RSA) throw invalid('has no valid rsa');
  return { rsa: rsa.slice(), kem: bytesOf(dictionary, 'kem', KEM_PUBLIC_KEY) };
}

const fieldsOf = ({
  name,
  created,
  signing,
  encryption,
  rsa,
}: Omit<PublicIdentity, 'fingerprint' | 'encoded'>): Fields => ({
  created,
  encryption,
  kem: rsa?.kem,
  name: name ?? undefined,
  rsa: rsa?.rsa,
  signing,
});

function finished(
  primitives: Primitives,
  identity: Omit<PublicIdentity, 'fingerprint' | 'encoded'>,
  encoded: Uint8Array,
): PublicIdentity {
  return { ...identity, fingerprint: fingerprintOf(primitives, 'identity', identity.signing), encoded };
}
