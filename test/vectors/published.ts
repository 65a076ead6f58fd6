/** Published sets of test vectors, which are not in this repository (README.md): where they are and how they are run. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fromHex } from '../../src/base/bytes.ts';
import type { Primitives, Rsa } from '../../src/crypto/primitives.ts';
import { implementations } from '../crypto/implementations.ts';

const folder = process.env['DST_VECTORS'] ?? join(import.meta.dirname, '..', '..', '.cache', 'vectors');

export const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  assert.ok(bytes !== null, 'not hexadecimal');
  return bytes;
};

/** What became of a case; `not ours`: it asks for something that the port does not have. */
export type Verdict = 'accepted' | 'refused' | 'not ours';
export const verdictOf = (isAccepted: boolean): Verdict => (isAccepted ? 'accepted' : 'refused');
export type Counts = Readonly<Record<Verdict, number>>;

interface PublishedSet<Group> {
  readonly testGroups: readonly Group[];
}

type Body<Group> = (groups: readonly Group[], primitives: Primitives, rsa: Rsa) => Promise<void> | void;

const isHere = existsSync(folder);
if (!isHere) test('published vectors', { skip: 'they are not here (test/vectors/README.md)' });

/** A published file, of JSON. */
const read = (path: string): unknown => JSON.parse(gunzipSync(readFileSync(join(folder, `${path}.gz`))).toString());

/** Calls `declare`, which declares tests, for each implementation, where the sets are. */
export function withPublished(
  path: string,
  declare: (set: unknown, name: string, primitives: Primitives) => void,
): void {
  for (const [name, primitives] of isHere ? implementations : []) declare(read(path), name, primitives);
}

/** A test of a published file for each implementation, where the sets are. */
export function testPublished<Group>(path: string, title: string, body: Body<Group>): void {
  for (const [name, primitives, rsa] of isHere ? implementations : []) {
    test(`${name} ${title}`, async () => {
      const { testGroups } = read(`${path}.json`) as PublishedSet<Group>;
      await body(testGroups, primitives, rsa);
    });
  }
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
 * on the `acceptable`. `counts` are those of the whole file, so that nothing is left out silently.
 */
export function testWycheproof<Group, Case extends WycheproofCase>(
  name: string,
  counts: Counts,
  judge: Judge<Group, Case>,
): void {
  const path = `wycheproof/testvectors_v1/${name}_test`;
  type Tests = Group & { readonly tests: readonly Case[] };
  testPublished<Tests>(path, `primitives judge ${name} of Wycheproof rightly`, async (groups, primitives, rsa) => {
    const found = { accepted: 0, refused: 0, 'not ours': 0 };
    for (const group of groups) {
      for (const one of group.tests) {
        const verdict = await judge(one, group, primitives, rsa);
        found[verdict]++;
        const expected = { valid: 'accepted', invalid: 'refused', acceptable: verdict }[one.result];
        if (verdict !== 'not ours')
          assert.equal(verdict, expected, `case ${one.tcId} (${one.comment ?? one.flags?.join()})`);
      }
    }
    assert.deepEqual(found, counts);
  });
}
