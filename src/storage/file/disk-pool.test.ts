import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { codeOf } from '../../base/errors.ts';
import { DiskPool } from './disk-pool.ts';

const site = { torrent: 0, root: '/', isStrict: false, device: null, contentKey: null };

/** A worker that answers `space` jobs with the number of the thread, and dies when asked for `leaves`. */
const fragile = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', ({ jobs }) => {
      for (let i = 0; i < jobs.length; i += 3) {
        if (jobs[i + 1] === 'leaves') process.exit(1);
        if (jobs[i + 1] === 'survey') throw new Error('defect');
        parentPort.postMessage([jobs[i], threadId]);
      }
    });
  `)}`,
);

describe('disk workers', () => {
  it('share the work', async () => {
    await using pool = new DiskPool(2, { url: fragile });
    const threads = await Promise.all(Array.from({ length: 40 }, () => pool.run('space', { site })));
    assert.equal(new Set(threads).size, 2);
  });

  it('are no more than there is work for', async () => {
    await using pool = new DiskPool(2, { url: fragile });
    const threads = new Set<unknown>();
    for (let i = 0; i < 20; i++) {
      const jobs = Array.from({ length: 4 }, () => pool.run('space', { site }));
      for (const thread of await Promise.all(jobs)) threads.add(thread);
    }
    assert.equal(threads.size, 1);
    const large = { cost: 2 * 1024 * 1024 };
    for (const thread of await Promise.all([1, 2].map(() => pool.run('space', { site }, large)))) threads.add(thread);
    assert.equal(threads.size, 2);
  });

  it('end when there is no work for a while, and begin again', async () => {
    const clock = new ManualClock();
    await using pool = new DiskPool(1, { url: fragile, clock });
    const first = await pool.run('space', { site });
    clock.advance(15_000);
    assert.equal(await pool.run('space', { site }), first);
    clock.advance(19_000);
    assert.equal(await pool.run('space', { site }), first);
    clock.advance(60_000);
    assert.notEqual(await pool.run('space', { site }), first);
  });

  it('stay when they were started all at once', async () => {
    const clock = new ManualClock();
    await using pool = new DiskPool(1, { url: fragile, clock });
    pool.warm();
    const first = await pool.run('space', { site });
    clock.advance(600_000);
    assert.equal(await pool.run('space', { site }), first);
  });

  for (const [what, kind] of [
    ['exits', 'leaves'],
    ['throws', 'survey'],
  ] as const) {
    it(`that one ${what} fails the jobs it had, and another takes its place`, async () => {
      await using pool = new DiskPool(1, { url: fragile });
      const before = await pool.run('space', { site });
      const lost = [pool.run(kind, {} as never), pool.run('space', { site })];
      const waiting = Array.from({ length: 20 }, () => pool.run('space', { site }));
      for (const job of lost) await assert.rejects(job, (error) => codeOf(error) === 'STORAGE_WORKER_LOST');
      const after = await Promise.allSettled(waiting);
      assert.ok(after.some((one) => one.status === 'fulfilled' && one.value !== before));
      assert.notEqual(await pool.run('space', { site }), before);
    });
  }

  it('refuse jobs after they were closed', async () => {
    const pool = new DiskPool(1);
    assert.ok((await pool.run('space', { site })).available > 0);
    await pool[Symbol.asyncDispose]();
    await assert.rejects(pool.run('space', { site }), (error) => codeOf(error) === 'STORAGE_CLOSED');
  });

  it('report a failed job with its code, path and the words of the system', async () => {
    await using pool = new DiskPool(1);
    const place = { key: 0, path: 'x', offset: 0, at: 0, length: 1, fileLength: 1, isExecutable: false };
    const job = pool.run('leaves', { site: { ...site, root: '/nowhere' }, offset: 0, size: 1, places: [place] });
    await assert.rejects(job, {
      name: 'DstError',
      code: 'STORAGE_READ_FAILED',
      message: 'cannot read /nowhere/x: no such file or directory (ENOENT)',
      details: { path: '/nowhere/x', reason: 'ENOENT' },
    });
  });

  it('let the other threads of the process go first, if they are to', {
    skip: process.platform !== 'linux',
  }, async () => {
    const priorities = (): (number | undefined)[] =>
      readdirSync('/proc/self/task')
        .filter((thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'latin1') === 'disk\n')
        .map((thread) => getPriority(Number(thread)));
    {
      await using pool = new DiskPool(1);
      await pool.run('space', { site });
      assert.deepEqual(priorities(), [0]);
    }
    await using pool = new DiskPool(1, { isYielding: true });
    await pool.run('space', { site });
    assert.deepEqual([priorities(), getPriority()], [[10], 0]);
  });
});
