/** What is exchanged with other programs of age: keys, and contents whose lengths lie around each edge of a chunk. */
import { type Random, seededRandom, systemRandom } from '../../src/base/random.ts';
import {
  ageIdentity,
  type AgeKeyKind,
  agePublicKeyOf,
  ageRecipient,
  encodeAgePublicKey,
  encodeAgeSecretKey,
  openAge,
  sealAge,
} from '../../src/codec/age/index.ts';
import type { Identity, Recipient } from '../../src/codec/sealed/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';

export const EDGES: readonly number[] = [
  0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 196_608,
];

/** A seed that a failing test names, and chance from it. */
export function newRandom(): { readonly seed: number; readonly random: Random } {
  const seed = systemRandom.below(2 ** 32);
  return { seed, random: seededRandom(seed) };
}

export interface KeyPair {
  readonly recipient: Recipient;
  readonly identity: Identity;
  readonly publicText: string;
  readonly secretText: string;
}

export function newKeyPair(kind: AgeKeyKind): KeyPair {
  const key = { kind, secret: systemRandom.bytes(32) };
  const publicKey = agePublicKeyOf(nodePrimitives, key);
  return {
    recipient: ageRecipient(nodePrimitives, systemRandom, publicKey),
    identity: ageIdentity(nodePrimitives, key),
    publicText: encodeAgePublicKey(publicKey),
    secretText: encodeAgeSecretKey(key),
  };
}

export const seal = (content: Uint8Array, ...recipients: readonly Recipient[]): Promise<Uint8Array> =>
  sealAge(nodePrimitives, systemRandom, recipients, content);

export const open = (file: Uint8Array, ...identities: readonly Identity[]): Promise<Uint8Array> =>
  openAge(nodePrimitives, file, identities);
