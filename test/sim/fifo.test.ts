import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo } from './fifo.ts';

test('a queue behaves as an array with push and shift', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 3 })), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) assert.equal(fifo.shift(), model.shift());
        else {
          fifo.push(step);
          model.push(step);
        }
        assert.equal(fifo.first, model[0]);
        assert.deepEqual([...fifo], model);
        assert.equal(fifo.length, model.length);
      }
      fifo.clear();
      assert.equal(fifo.shift(), undefined);
    }),
  );
});
