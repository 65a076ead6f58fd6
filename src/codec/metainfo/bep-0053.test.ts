/** BEP 53: `so=` selects files in a magnet link. The cases of libtorrent's behaviour that others rely on included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMagnet } from './magnet.ts';

const select = (...so: string[]): readonly number[] | null =>
  decodeMagnet(`magnet:?xt=urn:btih:${'cd'.repeat(20)}&dn=foo${so.map((value) => `&so=${value}`).join('')}`).select;

const cases: readonly [title: string, so: string[], expected: number[] | null][] = [
  ['the example of BEP 53', ['0,2,4,6-8'], [0, 2, 4, 6, 7, 8]],
  ['no parameter selects all', [], null],
  ['overlapping ranges merge', ['0,2-4,3-5'], [0, 2, 3, 4, 5]],
  ['several parameters add up', ['2-4', '1'], [1, 2, 3, 4]],
  ['the order does not matter', ['8,1,4-5,0'], [0, 1, 4, 5, 8]],
  ['an inverted range and an absurd index are skipped', ['7-4,100000000', '10'], [10]],
  ['a range without a start is skipped', ['-4', '1'], [1]],
  ['a range without an end is skipped', ['3-', '1'], [1]],
  ['letters are skipped', ['a', '1'], [1]],
  ['empty parts are skipped', ['', ',,1'], [1]],
  ['quotes make a part invalid', ['"1,2"'], null],
  ['nothing valid selects all', ['', ''], null],
];
for (const [title, so, expected] of cases) test(title, () => assert.deepEqual(select(...so), expected));
