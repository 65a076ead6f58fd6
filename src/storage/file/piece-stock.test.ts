import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferPool } from '../buffer-pool.ts';
import { DiskPool } from './disk-pool.ts';
import { stockUp } from './piece-stock.ts';

const MIB = 1024 * 1024;

describe('memory made in advance', () => {
  it('is the memory that the pool then gives', async () => {
    await using disk = new DiskPool(2);
    const pool = new BufferPool({ budget: 8 * MIB });
    await stockUp(pool, disk, { pieceLength: MIB, count: 100, budget: 4 * MIB });
    assert.equal(pool.held, 4 * MIB);
    assert.ok(pool.take(MIB) !== null);
    assert.equal(pool.held, 4 * MIB, 'nothing new was made');
  });

  it('is no more than the pieces that are missing need', async () => {
    await using disk = new DiskPool(2);
    const pool = new BufferPool({ budget: 8 * MIB });
    await stockUp(pool, disk, { pieceLength: MIB, count: 2, budget: 4 * MIB });
    assert.equal(pool.held, 2 * MIB);
  });

  it('is not added to memory that the pool holds already', async () => {
    await using disk = new DiskPool(2);
    const pool = new BufferPool({ budget: 8 * MIB });
    pool.take(MIB)?.release();
    await stockUp(pool, disk, { pieceLength: MIB, count: 100, budget: 4 * MIB });
    assert.equal(pool.held, MIB);
  });
});
