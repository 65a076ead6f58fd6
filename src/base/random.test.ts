import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Random, seededRandom, shuffle, systemRandom } from './random.ts';

const generators: readonly (readonly [string, Random])[] = [
  ['the system generator', systemRandom],
  ['the seeded generator', seededRandom(7)],
];

for (const [name, random] of generators) {
  test(`${name} gives as many bytes as asked, and not all the same`, () => {
    for (const count of [0, 1, 20, 65536, 65537, 200_000]) {
      const bytes = random.bytes(count);
      assert.equal(bytes.length, count);
      if (count >= 20) assert.ok(new Set(bytes.subarray(-20)).size > 1, 'the end is random too');
    }
  });

  test(`${name} draws every value below the bound, and no other`, () => {
    for (const bound of [1, 2, 3, 10, 2 ** 31 + 1, 2 ** 32]) {
      const drawn = Array.from({ length: 500 }, () => random.below(bound));
      for (const value of drawn)
        assert.ok(Number.isInteger(value) && value >= 0 && value < bound, `${value} of ${bound}`);
      if (bound <= 10) assert.equal(new Set(drawn).size, bound);
      else assert.ok(drawn.some((value) => value >= bound / 2) && drawn.some((value) => value < bound / 2));
    }
  });
}

test('the seeded generator is xoshiro128** over a splitmix32 seed', () => {
  // Computed with the reference implementation in C.
  const random = seededRandom(1);
  assert.deepEqual(
    Array.from({ length: 8 }, () => random.below(2 ** 32)),
    [393288148, 2174103013, 3814759091, 2092745082, 1865176206, 2179171167, 3207394750, 2858353069],
  );
});

test('the same seed gives the same sequence, another seed another one', () => {
  const sequence = (seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 10 }, () => random.below(1000));
  };
  assert.deepEqual(sequence(5), sequence(5));
  assert.notDeepEqual(sequence(5), sequence(6));
});

test('a shuffle keeps every element and returns the same array', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const shuffled = [...items];
      assert.equal(shuffle(shuffled, seededRandom(seed)), shuffled);
      const byValue = (a: number, b: number): number => a - b;
      assert.deepEqual(shuffled.toSorted(byValue), items.toSorted(byValue));
    }),
  );
});

test('every order of three elements comes up about equally often', () => {
  const random = seededRandom(3);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffle([1, 2, 3], random).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(count > 800 && count < 1200, `${order}: ${count}`);
});
