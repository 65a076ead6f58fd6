/** Makes identities: all keys new, or some that were brought along. */
import { concatSecret } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { RsaHybridKey } from '../../codec/dst/index.ts';
import { type IdentitySecrets, isIdentityName, signIdentity } from '../../codec/identity/index.ts';
import { hybridPublicKeyOf, signHybrid } from '../../crypto/hybrid-signature.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { nodeRsa } from '../../crypto/native/rsa.ts';
import { wipe } from '../../crypto/primitives.ts';
import { xWingPublicKeyOf } from '../../crypto/x-wing.ts';
import { keyError } from './errors.ts';
import { rsaPublicKeyOf } from './pem.ts';
import { UnlockedIdentity } from './unlocked-identity.ts';

export interface NewIdentity {
  readonly name: string | null;
  /** With keys of RSA-4096 and ML-KEM-768 beside the X-Wing key; making one takes about a second. */
  readonly withRsa: boolean;
  /** Keys that are brought along; the others are new. */
  readonly secrets?: BroughtSecrets;
  readonly created?: UnixSeconds;
}

export interface BroughtSecrets {
  /** Seeds, 32 bytes each. */
  readonly mlDsa?: Uint8Array;
  readonly ed25519?: Uint8Array;
  readonly encryption?: Uint8Array;
  /** PKCS#8. */
  readonly rsa?: Uint8Array;
  /** Seed of the ML-KEM-768 key beside RSA, 64 bytes. */
  readonly kem?: Uint8Array;
  readonly age?: Uint8Array;
}

/** Rejects KEY_NAME for a name that an identity cannot have. */
export async function makeIdentity(options: NewIdentity): Promise<UnlockedIdentity> {
  const { name, withRsa, secrets: brought = {}, created = systemClock.wall() } = options;
  if (name !== null && !isIdentityName(name)) {
    throw keyError('KEY_NAME', 'the name has more than 128 bytes, control characters, or blanks around it');
  }
  const signing = signingSecret(brought);
  const needsRsa = withRsa || brought.rsa !== undefined || brought.kem !== undefined;
  const secrets: IdentitySecrets = {
    signing,
    encryption: brought.encryption ?? systemRandom.bytes(32),
    rsa: needsRsa ? await rsaSecrets(brought) : null,
    age: brought.age ?? null,
  };
  const signer = {
    publicKey: hybridPublicKeyOf(nodePrimitives, signing),
    sign: (purpose: string, digest: Uint8Array) => signHybrid(nodePrimitives, signing, purpose, digest),
  };
  const keys = {
    encryption: xWingPublicKeyOf(nodePrimitives, secrets.encryption),
    rsa: secrets.rsa === null ? null : publicRsa(secrets.rsa),
  };
  return new UnlockedIdentity({ identity: signIdentity(nodePrimitives, { name, created, keys }, signer), secrets });
}

function signingSecret({ mlDsa, ed25519 }: BroughtSecrets): Uint8Array {
  const made = systemRandom.bytes(64);
  const signing = concatSecret([mlDsa ?? made.subarray(0, 32), ed25519 ?? made.subarray(32)]);
  wipe(made);
  return signing;
}

async function rsaSecrets({ rsa, kem }: BroughtSecrets): Promise<RsaHybridKey> {
  return { rsa: rsa ?? (await nodeRsa.generate()).privateKey, kem: kem ?? systemRandom.bytes(64) };
}

const publicRsa = ({ rsa, kem }: RsaHybridKey): RsaHybridKey => ({
  rsa: rsaPublicKeyOf(rsa),
  kem: nodePrimitives.mlKem768.publicKeyOf(kem),
});
