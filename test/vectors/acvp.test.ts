/** NIST's ACVP vectors for ML-KEM (FIPS 203) and ML-DSA (FIPS 204). */
import assert from 'node:assert/strict';
import { toHex } from '../../src/base/bytes.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { withRandomness } from '../crypto/fixed-randomness.ts';
import { hex, testPublished } from './published.ts';

interface Group<Case> {
  readonly parameterSet: string;
  readonly tests: readonly (Case & { readonly tcId: number })[];
}

const kems = { 'ML-KEM-768': 'mlKem768', 'ML-KEM-1024': 'mlKem1024' } as const;
const schemes = { 'ML-DSA-44': 'mlDsa44', 'ML-DSA-65': 'mlDsa65' } as const;

const upper = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();

type Counts = readonly [ours: number, notOurs: number];

/** Runs `check` on the cases of the sets that we have; it says false of what the port cannot express. */
function run<Case, Name extends string>(
  { parameterSet, tests }: Group<Case>,
  sets: Readonly<Record<string, Name>>,
  check: (one: Case & { readonly tcId: number }, name: Name) => boolean,
): Counts {
  const name = sets[parameterSet];
  const ours = name === undefined ? 0 : tests.filter((one) => check(one, name)).length;
  return [ours, tests.length - ours];
}

const sumOf = (counts: readonly Counts[]): Counts =>
  counts.reduce(([a, b], [ours, notOurs]) => [a + ours, b + notOurs], [0, 0]);

interface KemKeyCase {
  readonly d: string;
  readonly z: string;
  readonly ek: string;
}

testPublished<Group<KemKeyCase>>(
  'acvp/ML-KEM-keyGen-FIPS203/internalProjection',
  'primitives make the ML-KEM keys of ACVP',
  (groups, primitives) => {
    const counts = groups.map((group) =>
      run(group, kems, ({ d, z, ek, tcId }, name) => {
        assert.equal(upper(primitives[name].publicKeyOf(hex(d + z))), ek, `case ${tcId}`);
        return true;
      }),
    );
    assert.deepEqual(sumOf(counts), [50, 25]); // Not ours: ML-KEM-512.
  },
);

interface KemCase {
  readonly ek: string;
  readonly m: string;
  readonly c: string;
  readonly k: string;
  readonly testPassed: boolean;
}

testPublished<Group<KemCase> & { readonly function: string }>(
  'acvp/ML-KEM-encapDecap-FIPS203/internalProjection',
  'primitives encapsulate as ACVP does, and for no key that it refuses',
  (groups, primitives) => {
    const check =
      (what: string) =>
      (one: KemCase & { readonly tcId: number }, name: 'mlKem768' | 'mlKem1024'): boolean => {
        if (what === 'encapsulation') checkEncapsulation(primitives, name, one);
        else if (what === 'encapsulationKeyCheck') {
          assert.equal(primitives[name].encapsulate(hex(one.ek)) !== null, one.testPassed, `case ${one.tcId}`);
        } else return false;
        return true;
      };
    const counts = groups.map((group) => run(group, kems, check(group.function)));
    assert.deepEqual(sumOf(counts), [70, 95]); // Not ours: ML-KEM-512, and private keys that are not seeds.
  },
);

function checkEncapsulation(
  primitives: Primitives,
  name: 'mlKem768' | 'mlKem1024',
  one: KemCase & { readonly tcId: number },
): void {
  const made = withRandomness(hex(one.m), () => primitives[name].encapsulate(hex(one.ek)));
  assert.ok(made !== null, `case ${one.tcId}`);
  // OpenSSL draws its own randomness.
  if (primitives !== noblePrimitives) return;
  assert.deepEqual([upper(made.ciphertext), upper(made.secret)], [one.c, one.k], `case ${one.tcId}`);
}

interface SigningKeyCase {
  readonly seed: string;
  readonly pk: string;
}

testPublished<Group<SigningKeyCase>>(
  'acvp/ML-DSA-keyGen-FIPS204/internalProjection',
  'primitives make the ML-DSA keys of ACVP',
  (groups, primitives) => {
    const counts = groups.map((group) =>
      run(group, schemes, ({ seed, pk, tcId }, name) => {
        assert.equal(upper(primitives[name].publicKeyOf(hex(seed))), pk, `case ${tcId}`);
        return true;
      }),
    );
    assert.deepEqual(sumOf(counts), [50, 25]); // Not ours: ML-DSA-87.
  },
);

interface VerificationCase {
  readonly pk: string;
  readonly message?: string;
  readonly context?: string;
  readonly signature: string;
  readonly testPassed: boolean;
}

testPublished<Group<VerificationCase> & { readonly signatureInterface: string; readonly preHash: string }>(
  'acvp/ML-DSA-sigVer-FIPS204/internalProjection',
  'primitives verify the ML-DSA signatures that ACVP verifies',
  (groups, primitives) => {
    const counts = groups.map((group) =>
      run(group, schemes, ({ pk, message = '', context, signature, testPassed, tcId }, name) => {
        if (group.signatureInterface !== 'external' || group.preHash !== 'pure' || context !== '') return false;
        assert.equal(primitives[name].verify(hex(pk), hex(message), hex(signature)), testPassed, `case ${tcId}`);
        return true;
      }),
    );
    // Not ours: contexts, which nearly all cases have, hashed messages, the inner functions, ML-DSA-87.
    assert.deepEqual(sumOf(counts), [2, 178]);
  },
);
