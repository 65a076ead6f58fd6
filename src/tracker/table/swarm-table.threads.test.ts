/** Several threads, each with a table of its own over the same memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countsOf, LIFETIME, MIB, newMemory, tableOn } from '../fakes.test.ts';
import { runThreads } from './threads.test.ts';

const THREADS = 4;
const SWARMS = 12;
/** Of each thread in each swarm; a multiple of twelve. */
const PEERS = 96;

describe('tables of several threads over one memory', () => {
  it('count exactly, and give all memory back, after all announced to the same swarms at once', async () => {
    const memory = newMemory(16 * MIB);
    const { buffer } = memory;
    const jobs = Array.from({ length: THREADS }, (_, thread) => thread);
    await runThreads(jobs.map((thread) => ({ kind: 'announce', buffer, thread, swarms: SWARMS, peers: PEERS })));
    const table = tableOn(memory);
    const third = (THREADS * PEERS) / 3;
    for (let swarm = 0; swarm < SWARMS; swarm++) {
      const expected = { complete: third, incomplete: third + 1, downloaders: third + 1, completed: 0 };
      assert.deepEqual(countsOf(table, swarm), expected, `swarm ${swarm}`);
    }
    const { swarms, peers4, peers6 } = table.use;
    assert.deepEqual([swarms, peers6], [SWARMS, (SWARMS * 2 * third) / 4]);
    assert.equal(peers4 + peers6, SWARMS * (2 * third + 1));
    table.sweep(10 + LIFETIME + 32);
    const left = table.use;
    assert.deepEqual([left.swarms, left.peers4, left.peers6, left.used], [0, 0, 0, 0]);
  });
});
