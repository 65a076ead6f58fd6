/** The implementations of the primitives by name, for tests that hold each against something. */
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { nodeRsa } from '../../src/crypto/native/rsa.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import { webRsa } from '../../src/crypto/portable/rsa.ts';
import type { Primitives, Rsa } from '../../src/crypto/primitives.ts';

export const implementations: readonly (readonly [name: string, primitives: Primitives, rsa: Rsa])[] = [
  ["Node's", nodePrimitives, nodeRsa],
  ["@noble's", noblePrimitives, webRsa],
];
