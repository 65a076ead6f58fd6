/** Keys and files for tests of `.dst`. */
import { seededRandom } from '../../base/random.ts';
import { hybridPublicKeyOf, signHybrid } from '../../crypto/hybrid-signature.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../../crypto/x-wing.ts';
import type { Identity, Recipient } from '../sealed/index.ts';
import { hybridIdentity, hybridRecipient } from './recipients.ts';
import type { Signer } from './signature.ts';

export const random: ReturnType<typeof seededRandom> = seededRandom(4);

/** One who can open files, and what others seal for. */
export function someone(): { readonly recipient: Recipient; readonly identity: Identity } {
  const seed = random.bytes(32);
  return {
    recipient: hybridRecipient(nodePrimitives, random, xWingPublicKeyOf(nodePrimitives, seed)),
    identity: hybridIdentity(nodePrimitives, seed),
  };
}

export function makeSigner(): Signer {
  const seed = random.bytes(64);
  return {
    publicKey: hybridPublicKeyOf(nodePrimitives, seed),
    sign: (purpose, digest) => signHybrid(nodePrimitives, seed, purpose, digest),
  };
}
