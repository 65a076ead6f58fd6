import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LazyMap } from './lazy-map.ts';

test('it is a map', () => {
  const change = fc.tuple(fc.constantFrom('set', 'delete'), fc.nat(5), fc.nat(100));
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const [map, model] = [new LazyMap<number, number>(), new Map<number, number>()];
      for (const [kind, key, value] of changes) {
        if (kind === 'delete') assert.equal(map.delete(key), model.delete(key));
        else {
          map.set(key, value);
          model.set(key, value);
        }
        assert.equal(map.size, model.size);
        assert.equal(map.get(key), model.get(key));
      }
      assert.deepEqual([...map], [...model]);
      assert.deepEqual([...map.keys()], [...model.keys()]);
    }),
  );
});
