/** NIST's ACVP vectors for ML-KEM (FIPS 203) and ML-DSA (FIPS 204). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { toHex } from '../../src/base/bytes.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { withRandomness } from '../crypto/fixed-randomness.ts';
import { assertCounts, hex, withPublished } from './published.ts';

/** Which of the texts, hexadecimal, a case has depends on its set. */
type Case = { readonly tcId: number } & Readonly<Record<'d' | 'z' | 'ek' | 'm' | 'c' | 'k' | 'seed' | 'pk', string>>;

interface Group {
  readonly parameterSet: string;
  readonly function?: string;
  readonly tests: readonly Case[];
}

const kems = { 'ML-KEM-768': 'mlKem768', 'ML-KEM-1024': 'mlKem1024' } as const;
const schemes = { 'ML-DSA-44': 'mlDsa44', 'ML-DSA-65': 'mlDsa65' } as const;

const upper = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();

/** The groups of a set, each question with its answer: they are in two files, in the same order. */
function readGroups(folder: string): readonly Group[] {
  const [questions, answers] = ['prompt', 'expectedResults'].map((name) => {
    const text = gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString();
    return (JSON.parse(text) as { readonly testGroups: readonly Group[] }).testGroups;
  });
  return (questions ?? []).map((group, i) => ({
    ...group,
    tests: group.tests.map((question, j) => {
      const answer = answers?.[i]?.tests[j];
      assert.equal(answer?.tcId, question.tcId);
      return { ...question, ...answer };
    }),
  }));
}

/** A test of a set, at `path` in the package, by `check` of the cases whose parameter set and function we have. */
function testAcvp<Name extends string>(
  path: string,
  title: string,
  names: Readonly<Record<string, Name>>,
  counts: { readonly judged: number; readonly 'not ours': number },
  check: (one: Case, name: Name, primitives: Primitives) => void,
): void {
  withPublished('golang-github-cloudflare-circl', (set, implementation, primitives) => {
    test(`${implementation} primitives ${title}`, () => {
      const found = { judged: 0, 'not ours': 0 };
      for (const group of readGroups(join(set.folder, path))) {
        const name = group.function === 'decapsulation' ? undefined : names[group.parameterSet];
        found[name === undefined ? 'not ours' : 'judged'] += group.tests.length;
        if (name !== undefined) for (const one of group.tests) check(one, name, primitives);
      }
      assertCounts(found, counts, set);
    });
  });
}

testAcvp(
  'kem/mlkem/testdata/ML-KEM-keyGen-FIPS203',
  'make the ML-KEM keys of ACVP',
  kems,
  { judged: 50, 'not ours': 25 }, // Not ours: ML-KEM-512.
  ({ d, z, ek, tcId }, name, primitives) =>
    assert.equal(upper(primitives[name].publicKeyOf(hex(d + z))), ek, `case ${tcId}`),
);

testAcvp(
  'kem/mlkem/testdata/ML-KEM-encapDecap-FIPS203',
  'encapsulate as ACVP does',
  kems,
  { judged: 50, 'not ours': 55 }, // Not ours: ML-KEM-512, and private keys that are not seeds.
  ({ ek, m, c, k, tcId }, name, primitives) => {
    const made = withRandomness(hex(m), () => primitives[name].encapsulate(hex(ek)));
    assert.ok(made !== null, `case ${tcId}`);
    // OpenSSL draws its own randomness.
    if (primitives !== noblePrimitives) return;
    assert.deepEqual([upper(made.ciphertext), upper(made.secret)], [c, k], `case ${tcId}`);
  },
);

testAcvp(
  'sign/mldsa/testdata/ML-DSA-keyGen-FIPS204',
  'make the ML-DSA keys of ACVP',
  schemes,
  { judged: 50, 'not ours': 25 }, // Not ours: ML-DSA-87.
  ({ seed, pk, tcId }, name, primitives) =>
    assert.equal(upper(primitives[name].publicKeyOf(hex(seed))), pk, `case ${tcId}`),
);
