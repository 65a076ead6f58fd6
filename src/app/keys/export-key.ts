/** Keys in the forms of other programs. */
import { type AgeSecretKey, encodeAgePublicKey, encodeAgeSecretKey } from '../../codec/age/index.ts';
import type { RsaHybridKey } from '../../codec/dst/index.ts';
import { encodeTextBlock, type IdentitySecrets, type PublicIdentity } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { wipe } from '../../crypto/primitives.ts';
import { expandXWing } from '../../crypto/x-wing.ts';
import { keyError } from './errors.ts';
import { encodePublicPem, encodeSecretPem, type PemKey } from './pem.ts';
import { encodePublicFile, type PublicFile } from './public-keys.ts';
import type { UnlockedIdentity } from './unlocked-identity.ts';

/**
 * `identity`: our own text block; `age`: keys of age, one a line; the others: PEM of one key. `x25519` and `ml-kem-768`
 * are the halves of the X-Wing key, `rsa-ml-kem-768` is the key beside RSA.
 */
export const exportFormats = [
  'identity',
  'age',
  'ed25519',
  'ml-dsa-65',
  'x25519',
  'ml-kem-768',
  'rsa',
  'rsa-ml-kem-768',
] as const;
export type ExportFormat = (typeof exportFormats)[number];
type PemFormat = Exclude<ExportFormat, 'identity' | 'age'>;

/** Secret keys as text that is not protected. Throws KEY_KIND when the identity does not have such a key. */
export function exportSecret(identity: UnlockedIdentity, format: ExportFormat): string {
  if (format === 'identity') {
    const document = identity.encode();
    const text = encodeTextBlock('DST PRIVATE IDENTITY', document);
    wipe(document);
    return text;
  }
  return identity.withSecrets((secrets) => {
    if (format === 'age') return ageLines(ageSecrets(secrets).map(encodeAgeSecretKey));
    const key = secretPart(secrets, format);
    const pem = encodeSecretPem(key);
    if (key.type !== 'rsa') wipe(key.bytes);
    return pem;
  });
}

/** Public keys as text. Throws KEY_KIND when the identity does not have such a key. */
export function exportPublic({ identity, rotations }: PublicFile, format: ExportFormat): string {
  if (format === 'identity') return encodePublicFile(identity, rotations);
  if (format === 'age') return ageLines([encodeAgePublicKey({ kind: 'hybrid', publicKey: identity.encryption })]);
  return encodePublicPem(publicPart(identity, format));
}

const ageLines = (keys: readonly string[]): string => keys.map((key) => `${key}\n`).join('');

const ageSecrets = ({ encryption, age }: IdentitySecrets): AgeSecretKey[] => [
  { kind: 'hybrid', secret: encryption },
  ...(age === null ? [] : [{ kind: 'x25519', secret: age } as const]),
];

/** A copy, but for RSA. */
function secretPart(secrets: IdentitySecrets, format: PemFormat): PemKey {
  const { kemSeed, exchangeKey } = expandXWing(nodePrimitives, secrets.encryption);
  const parts: Readonly<Record<PemFormat, () => PemKey>> = {
    'ml-dsa-65': () => ({ type: 'ml-dsa-65', bytes: secrets.signing.slice(0, 32) }),
    ed25519: () => ({ type: 'ed25519', bytes: secrets.signing.slice(32) }),
    'ml-kem-768': () => ({ type: 'ml-kem-768', bytes: kemSeed.slice() }),
    x25519: () => ({ type: 'x25519', bytes: exchangeKey.slice() }),
    rsa: () => ({ type: 'rsa', bytes: rsaOf(secrets.rsa).rsa }),
    'rsa-ml-kem-768': () => ({ type: 'ml-kem-768', bytes: rsaOf(secrets.rsa).kem.slice() }),
  };
  const part = parts[format]();
  wipe(kemSeed, exchangeKey);
  return part;
}

function publicPart({ signing, encryption, rsa }: PublicIdentity, format: PemFormat): PemKey {
  const parts: Readonly<Record<PemFormat, () => PemKey>> = {
    'ml-dsa-65': () => ({ type: 'ml-dsa-65', bytes: signing.subarray(0, -32) }),
    ed25519: () => ({ type: 'ed25519', bytes: signing.subarray(-32) }),
    'ml-kem-768': () => ({ type: 'ml-kem-768', bytes: encryption.subarray(0, -32) }),
    x25519: () => ({ type: 'x25519', bytes: encryption.subarray(-32) }),
    rsa: () => ({ type: 'rsa', bytes: rsaOf(rsa).rsa }),
    'rsa-ml-kem-768': () => ({ type: 'ml-kem-768', bytes: rsaOf(rsa).kem }),
  };
  return parts[format]();
}

function rsaOf(rsa: RsaHybridKey | null): RsaHybridKey {
  if (rsa !== null) return rsa;
  throw keyError('KEY_KIND', 'the identity has no RSA key; `dst key new --rsa` makes one with it');
}
