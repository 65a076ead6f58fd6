import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../../base/errors.ts';
import { foldName } from './safe-path.ts';
import { makePathsUnique } from './unique-paths.ts';

function unique(...paths: (string | null)[]): (string | null)[] {
  const split = paths.map((path) => path?.split('/') ?? null);
  makePathsUnique(split, 100);
  return split.map((path) => path?.join('/') ?? null);
}

test('different paths stay', () => assert.deepEqual(unique('n/a', 'n/b', 'n/c/a'), ['n/a', 'n/b', 'n/c/a']));

test('the second of two equal paths gets a number, the third the next', () => {
  assert.deepEqual(unique('n/a.txt', 'n/a.txt', 'n/a.txt'), ['n/a.txt', 'n/a.1.txt', 'n/a.2.txt']);
});

test('letter case and Unicode normalisation do not make a path different', () => {
  assert.deepEqual(unique('n/A', 'n/a', 'n/\u00fc', 'n/u\u0308', 'N/a'), [
    'n/A',
    'n/a.1',
    'n/\u00fc',
    'n/u\u0308.1',
    'N/a.2',
  ]);
});

test('a folder keeps its name before a file, wherever they stand', () => {
  assert.deepEqual(unique('n/a', 'n/A/b/c', 'n/a/B'), ['n/a.1', 'n/A/b/c', 'n/a/B.1']);
});

test('a number is not one that another file has by its own name', () => {
  assert.deepEqual(unique('n/a', 'n/a', 'n/a.1', 'n/a.2/x'), ['n/a', 'n/a.3', 'n/a.1', 'n/a.2/x']);
});

test('entries that are never stored are in nobody\u2019s way', () => {
  assert.deepEqual(unique('n/a', null, 'n/b'), ['n/a', null, 'n/b']);
});

test('more duplicates than the limit are refused, many pairs are not', () => {
  const same = Array.from({ length: 102 }, () => ['n', 'a']);
  assert.throws(
    () => makePathsUnique(same, 100),
    (error) => codeOf(error) === 'METAINFO_TOO_MANY_DUPLICATES',
  );
  const pairs = Array.from({ length: 4000 }, (_, i) => ['n', `file ${i >> 1}`]);
  assert.doesNotThrow(() => makePathsUnique(pairs, 100));
  assert.equal(new Set(pairs.map((path) => path.join('/'))).size, 4000);
});

test('all paths end up different, first ones unchanged, and a second call changes nothing', () => {
  const element = fc.constantFrom('a', 'A', 'b', 'a.1', 'a.txt', 'A.TXT', 'a.1.txt', '\u00fc', 'u\u0308');
  fc.assert(
    fc.property(fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 30 }), (lists) => {
      const paths = lists.map((path) => ['n', ...path]);
      const before = paths.map((path) => path.join('/'));
      makePathsUnique(paths, 100);
      const after = paths.map((path) => path.join('/'));
      const keys = after.map(foldName);
      assert.equal(new Set(keys).size, keys.length);
      for (const key of keys) assert.ok(!keys.some((other) => other.startsWith(`${key}/`)), 'a file is no folder');
      for (const [i, path] of after.entries())
        assert.equal(path.lastIndexOf('/'), (before[i] as string).lastIndexOf('/'));
      makePathsUnique(paths, 100);
      assert.deepEqual(
        paths.map((path) => path.join('/')),
        after,
      );
    }),
    { numRuns: 300 },
  );
});
