/** Published sets of test vectors, which are not in this repository (README.md): how they are found and run. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex } from '../../src/base/bytes.ts';
import type { Primitives, Rsa } from '../../src/crypto/primitives.ts';
import { implementations } from '../crypto/implementations.ts';
import { ensureSource, type SourceName, type Unpacked } from './debian-sources.ts';

export const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  assert.ok(bytes !== null, 'not hexadecimal');
  return bytes;
};

/** What became of a case; `not ours`: it asks for something that the port does not have. */
export type Verdict = 'accepted' | 'refused' | 'not ours';
export const verdictOf = (isAccepted: boolean): Verdict => (isAccepted ? 'accepted' : 'refused');

/** How many cases there are, by what became of them. */
export type Counts = Readonly<Record<string, number>>;

/** Exactly these in the version that was counted; in another one, which has new cases, no fewer of any. */
export function assertCounts(found: Counts, counts: Counts, { isCounted }: Unpacked): void {
  if (isCounted) return assert.deepEqual(found, counts);
  for (const [name, count] of Object.entries(counts)) {
    const now = found[name] ?? 0;
    assert.ok(now >= count, `${name}: ${now} cases, of ${count} in the version that was counted (README.md)`);
  }
}

type Declare = (set: Unpacked, name: string, primitives: Primitives, rsa: Rsa) => void;

const sets = new Map<SourceName, Unpacked | undefined>();

/** Calls `declare`, which declares tests, for each implementation, where the set can be had. */
export function withPublished(source: SourceName, declare: Declare, ensure: typeof ensureSource = ensureSource): void {
  if (!sets.has(source)) sets.set(source, ensureOrSay(source, ensure));
  const set = sets.get(source);
  if (set === undefined) return;
  for (const [name, primitives, rsa] of implementations) declare(set, name, primitives, rsa);
}

/** A set that cannot be had is a skipped test; under CI, where nobody would notice its absence, a failed one. */
function ensureOrSay(source: SourceName, ensure: typeof ensureSource): Unpacked | undefined {
  const set = ensure(source);
  if (typeof set !== 'string') return set;
  const isFatal = Boolean(process.env['CI']);
  test(`published vectors of ${source}`, { skip: !isFatal && set }, () =>
    assert.fail(`${set}\nWhere else they may come from: test/vectors/README.md`),
  );
  return undefined;
}

/** What all cases of Wycheproof have. */
export interface WycheproofCase {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

type Judge<Group, Case> = (one: Case, group: Group, primitives: Primitives, rsa: Rsa) => Promise<Verdict> | Verdict;

/**
 * A file of Wycheproof: whatever is `valid` must be accepted, whatever is `invalid` refused; `judge` has the last word
 * on the `acceptable`. `counts` are those of the whole file, so that nothing is left out silently. `absence` is why the
 * file may be missing.
 */
export function testWycheproof<Group, Case extends WycheproofCase>(
  name: string,
  counts: Readonly<Record<Verdict, number>>,
  judge: Judge<Group, Case>,
  absence?: string,
): void {
  withPublished('wycheproof', (set, implementation, primitives, rsa) => {
    const path = join(set.folder, 'testvectors_v1', `${name}_test.json`);
    const skip = absence !== undefined && !existsSync(path) && absence;
    test(`${implementation} primitives judge ${name} of Wycheproof rightly`, { skip }, async () => {
      type Tests = Group & { readonly tests: readonly Case[] };
      const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { readonly testGroups: readonly Tests[] };
      const found = { accepted: 0, refused: 0, 'not ours': 0 };
      for (const group of testGroups) {
        for (const one of group.tests) {
          const verdict = await judge(one, group, primitives, rsa);
          found[verdict]++;
          const expected = { valid: 'accepted', invalid: 'refused', acceptable: verdict }[one.result];
          if (verdict !== 'not ours')
            assert.equal(verdict, expected, `case ${one.tcId} (${one.comment ?? one.flags?.join()})`);
        }
      }
      assertCounts(found, counts, set);
    });
  });
}
