/** Identities for tests, of seeds that are made of one byte. */
import type { Signer } from '../dst/index.ts';
import { hybridPublicKeyOf, signHybrid } from '../../crypto/hybrid-signature.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../../crypto/x-wing.ts';
import type { PrivateIdentity } from './private-identity.ts';
import { type PublicIdentity, signIdentity } from './public-identity.ts';

export interface FakeIdentity extends PrivateIdentity {
  readonly signer: Signer;
}

export function fakeIdentity(seed: number, name: string | null = null): FakeIdentity {
  const signing = new Uint8Array(64).fill(seed);
  const encryption = new Uint8Array(32).fill(seed + 1);
  const signer = {
    publicKey: hybridPublicKeyOf(nodePrimitives, signing),
    sign: (purpose: string, digest: Uint8Array) => signHybrid(nodePrimitives, signing, purpose, digest),
  };
  const keys = { encryption: xWingPublicKeyOf(nodePrimitives, encryption), rsa: null };
  const identity: PublicIdentity = signIdentity(nodePrimitives, { name, created: 1_700_000_000 + seed, keys }, signer);
  return { identity, secrets: { signing, encryption, rsa: null, age: null }, signer };
}
