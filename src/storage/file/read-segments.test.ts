import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { ReadRun } from '../storage.ts';
import type { Place } from './layout.ts';
import { planRead } from './read-segments.ts';

/** A piece space of which every third stretch of ten bytes is a gap, the others files named after their start. */
const SPACE = 200;
function placesOf(offset: number, length: number): Place[] {
  const places: Place[] = [];
  for (let start = 0; start < SPACE; start += 10) {
    const [from, to] = [Math.max(start, offset), Math.min(start + 10, offset + length)];
    if (start % 30 === 20 || to <= from) continue;
    places.push({
      key: start,
      path: `${start}`,
      offset: from - start,
      at: from - offset,
      length: to - from,
      fileLength: 10,
      isExecutable: false,
    });
  }
  return places;
}

const run = fc.record({ offset: fc.integer({ min: 0, max: SPACE - 40 }), length: fc.integer({ min: 1, max: 40 }) });

it('a plan brings every byte of every run to its spot, once, and zeros where no file is', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 6 }), fc.boolean(), (list, isConsecutive) => {
      let at = 0;
      let next = list[0]?.offset ?? 0;
      const runs: ReadRun[] = list.map(({ offset, length }) => {
        const start = isConsecutive ? next : offset;
        const one = { offset: start, at, length: Math.min(length, SPACE - start) };
        at += one.length + 3;
        next = start + one.length;
        return one;
      });
      const { segments, zeros } = planRead(runs, placesOf);
      const result = new Map<number, string>();
      const fill = (from: number, length: number, source: (i: number) => string): void => {
        for (let i = 0; i < length; i++) {
          assert.equal(result.has(from + i), false, 'a byte is written once');
          result.set(from + i, source(i));
        }
      };
      for (const { path, isWhole, offset, spots } of segments) {
        let done = 0;
        for (let i = 0; i < spots.length; i += 2) {
          const before = done;
          fill(spots[i] as number, spots[i + 1] as number, (k) => `${Number(path) + offset + before + k}`);
          done += spots[i + 1] as number;
        }
        assert.equal(isWhole, done === 10, 'a segment knows whether it is all of its file');
      }
      for (let i = 0; i < zeros.length; i += 2) fill(zeros[i] as number, zeros[i + 1] as number, () => 'zero');
      const wanted = new Map<number, string>();
      for (const one of runs) {
        for (let i = 0; i < one.length; i++) {
          const position = one.offset + i;
          wanted.set(one.at + i, Math.floor(position / 10) % 3 === 2 ? 'zero' : `${position}`);
        }
      }
      assert.deepEqual(new Map([...result].sort((a, b) => a[0] - b[0])), wanted);
    }),
  );
});

it('consecutive runs of one file are one read', () => {
  const runs = [0, 1, 2].map((i) => ({ offset: 3 * i, at: 16 * i, length: 3 }));
  const { segments } = planRead(runs, placesOf);
  assert.deepEqual(segments, [{ path: '0', isWhole: false, offset: 0, spots: [0, 3, 16, 3, 32, 3] }]);
});
