import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../test/sim/sim-clock.ts';
import type { SessionTorrent } from '../app/index.ts';
import { untilStalled } from './stall.ts';

const rejectOn = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

const torrentAt = (figures: { downloaded: number }): SessionTorrent =>
  ({ status: () => ({ state: { kind: 'downloading' }, wantedDone: 0, ...figures }) }) as unknown as SessionTorrent;

test('work without progress is ended after the given time, and progress puts it off', async () => {
  const clock = new SimClock();
  const figures = { downloaded: 0 };
  const { signal } = new AbortController();
  const work = assert.rejects(untilStalled(torrentAt(figures), 10, clock, signal, rejectOn), {
    code: 'DOWNLOAD_STALLED',
  });
  await clock.run(9000);
  figures.downloaded = 1;
  const before = clock.now();
  let endedAt = 0;
  void work.then(() => {
    endedAt = clock.now();
  });
  await clock.run(30_000);
  await work;
  assert.ok(endedAt - before >= 10_000 && endedAt - before <= 11_000);
});

test('without a limit the work runs under the given signal', async () => {
  const { signal } = new AbortController();
  const result = await untilStalled(
    torrentAt({ downloaded: 0 }),
    undefined,
    new SimClock(),
    signal,
    async (given) => given,
  );
  assert.equal(result, signal);
});

test('the outer signal ends the work with its own reason', async () => {
  const stop = new AbortController();
  const work = untilStalled(torrentAt({ downloaded: 0 }), 10, new SimClock(), stop.signal, rejectOn);
  stop.abort(new Error('stopped'));
  await assert.rejects(work, /stopped/);
});
