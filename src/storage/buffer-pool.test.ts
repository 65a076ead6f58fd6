import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BufferPool } from './buffer-pool.ts';
import type { PoolBuffer } from './storage.ts';

const take = (pool: BufferPool, size: number): PoolBuffer => {
  const buffer = pool.take(size);
  assert.ok(buffer !== null);
  return buffer;
};

describe('a buffer pool', () => {
  it('gives buffers of exactly the size, in memory that threads can share', () => {
    const pool = new BufferPool({ budget: 1e6 });
    for (const size of [1, 16_384, 16_385, 300_000]) {
      const buffer = take(pool, size);
      assert.equal(buffer.bytes.length, size);
      assert.ok(buffer.bytes.buffer instanceof SharedArrayBuffer);
    }
  });

  it('reuses the memory that came back last', () => {
    const pool = new BufferPool({ budget: 1e6 });
    const [first, second] = [take(pool, 20_000), take(pool, 20_000)];
    assert.notEqual(first.id, second.id);
    first.release();
    second.release();
    assert.equal(take(pool, 20_000).id, second.id);
    assert.equal(take(pool, 20_000).id, first.id);
  });

  it('has ids that no other pool has', () => {
    const [one, other] = [new BufferPool({ budget: 1e6 }), new BufferPool({ budget: 1e6 })];
    assert.notEqual(take(one, 1).id, take(other, 1).id);
  });

  it('refuses when the budget is spent and tells when something came back', () => {
    const pool = new BufferPool({ budget: 65_536 });
    const buffers = [take(pool, 16_384), take(pool, 16_384), take(pool, 32_768)];
    assert.equal(pool.used, 65_536);
    assert.equal(pool.hasRoom(1), false);
    assert.equal(pool.take(1), null);
    let calls = 0;
    const subscription = pool.onFree(() => calls++);
    buffers[0]?.release();
    assert.equal(calls, 1);
    assert.equal(pool.hasRoom(16_384), true);
    subscription[Symbol.dispose]();
    buffers[1]?.release();
    assert.equal(calls, 1);
  });

  it('grants a buffer beyond the budget only when nothing else is in use', () => {
    const pool = new BufferPool({ budget: 65_536 });
    const small = take(pool, 1);
    assert.equal(pool.take(100_000), null);
    small.release();
    const large = take(pool, 100_000);
    assert.equal(pool.take(1), null);
    large.release();
    assert.equal(pool.used, 0);
  });

  it('lets go of idle memory of other sizes when it needs room, and says so', () => {
    const pool = new BufferPool({ budget: 65_536 });
    const dropped: number[] = [];
    pool.onDrop((id) => dropped.push(id));
    const small = [take(pool, 16_384), take(pool, 16_384), take(pool, 16_384)];
    for (const buffer of small) buffer.release();
    const large = take(pool, 49_152);
    assert.deepEqual(dropped, [small[0]?.id, small[1]?.id]);
    large.release();
  });

  it('takes a second release of the same buffer for nothing', () => {
    const pool = new BufferPool({ budget: 1e6 });
    const buffer = take(pool, 20_000);
    buffer.release();
    const next = take(pool, 20_000);
    buffer.release();
    assert.notEqual(take(pool, 20_000).id, next.id);
  });

  it('never hands out memory twice, never exceeds its budget, wastes at most an eighth', () => {
    const step = fc.oneof(
      fc.record({ take: fc.integer({ min: 16_384, max: 400_000 }) }),
      fc.record({ release: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const pool = new BufferPool({ budget: 1_000_000 });
        const known = new Map<number, number>();
        pool.onDrop((id) => known.delete(id));
        const inUse: PoolBuffer[] = [];
        for (const one of steps) {
          if ('take' in one) {
            const expected = pool.hasRoom(one.take);
            const buffer = pool.take(one.take);
            assert.equal(buffer !== null, expected);
            if (buffer === null) continue;
            assert.equal(
              inUse.some(({ id }) => id === buffer.id),
              false,
            );
            inUse.push(buffer);
            known.set(buffer.id, buffer.bytes.buffer.byteLength);
            assert.ok(buffer.bytes.buffer.byteLength <= one.take * 1.125 + 1);
          } else inUse.splice(one.release % (inUse.length || 1), 1)[0]?.release();
          assert.ok([...known.values()].reduce((sum, size) => sum + size, 0) <= 1_000_000);
        }
      }),
    );
  });
});
