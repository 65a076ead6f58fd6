import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../base/bytes.ts';
import { RecordEdge } from './record-edge.ts';

test('a stream of records is between two of them exactly at their ends, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(700), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }),
      (lengths, cuts) => {
        const records = lengths.map((length) =>
          Uint8Array.of(23, 3, 3, length >> 8, length, ...new Uint8Array(length)),
        );
        const stream = concat(records);
        const ends = new Set(records.map((_, i) => concat(records.slice(0, i + 1)).length));
        const edge = new RecordEdge();
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = Math.min(stream.length, at + (cuts[i % cuts.length] as number));
          edge.pass(stream.subarray(at, end));
          at = end;
          assert.equal(edge.isWithinRecord, !ends.has(at));
        }
      },
    ),
  );
});
