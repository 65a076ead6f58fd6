import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acquire, release } from './shard-lock.ts';
import { CountWords, runThreads } from './threads.test.ts';

describe('a lock in shared memory', () => {
  it('lets one thread in at a time: no increment is lost', async () => {
    const buffer = new SharedArrayBuffer(64);
    const words = new Int32Array(buffer);
    await runThreads(Array.from({ length: 4 }, () => ({ kind: 'count', buffer, times: 4000 })));
    assert.equal(words[CountWords.counter], 16_000);
  });

  it('is free after the last thread has left', async () => {
    const buffer = new SharedArrayBuffer(64);
    await runThreads(Array.from({ length: 3 }, () => ({ kind: 'count', buffer, times: 500 })));
    assert.equal(new Int32Array(buffer)[CountWords.lock], 0);
  });

  it('keeps a thread out while another holds it, and lets it in afterwards', async () => {
    const buffer = new SharedArrayBuffer(64);
    const words = new Int32Array(buffer);
    acquire(words, CountWords.lock);
    const threads = runThreads([{ kind: 'count', buffer, times: 10 }]);
    await Atomics.waitAsync(words, CountWords.ready, 0).value;
    // The thread sleeps before long: an awaited lock says so.
    while (Atomics.load(words, CountWords.lock) !== 2) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(words[CountWords.counter], 0);
    release(words, CountWords.lock);
    await threads;
    assert.equal(words[CountWords.counter], 10);
  });

  it('of one word is independent of that of another', () => {
    const words = new Int32Array(new SharedArrayBuffer(64));
    acquire(words, 3);
    acquire(words, 4);
    release(words, 3);
    acquire(words, 3);
    assert.deepEqual([...words.subarray(2, 6)], [0, 1, 1, 0]);
  });
});
