import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Disk } from './disk.ts';
import { MeasuredDisk } from './measured-disk.ts';

test('jobs, their time and their failures are counted by kind', async () => {
  const clock = new ManualClock();
  const results: PromiseWithResolvers<never>[] = [];
  const disk: Disk = {
    width: 1,
    warm: () => {},
    run: () => {
      const result = Promise.withResolvers<never>();
      results.push(result);
      return result.promise;
    },
    release: async () => {},
    forget: () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const measured = new MeasuredDisk(disk, clock);
  const good = measured.run('rehearse', null);
  const bad = measured.run('rehearse', null);
  const other = measured.run('release', 7);
  assert.equal(measured.use.waiting, 3);
  clock.advance(1500);
  results[0]?.resolve(undefined as never);
  results[1]?.reject(new Error('no'));
  await good;
  await assert.rejects(bad, /no/);
  assert.deepEqual(measured.use, {
    waiting: 1,
    kinds: { rehearse: { jobs: 2, seconds: 3, failures: 1 }, release: { jobs: 0, seconds: 0, failures: 0 } },
  });
  results[2]?.resolve(undefined as never);
  await other;
  assert.equal(measured.use.waiting, 0);
});
