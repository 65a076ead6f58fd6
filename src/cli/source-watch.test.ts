import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../test/sim/sim-clock.ts';
import type { SessionTorrent } from '../app/index.ts';
import { SourceWatch } from './source-watch.ts';
import type { Output } from './ui/output.ts';

const tracker = (state: string, message: string | null, name = 'http://t.example/'): object => ({
  name,
  state,
  message,
});

test('a tracker that fails is told once, with its reason escaped, and without its passkey', async () => {
  const clock = new SimClock();
  const told: string[] = [];
  let sources = [tracker('working', null)];
  const torrent = { status: () => ({ sources }) } as unknown as SessionTorrent;
  using _watch = new SourceWatch({ warn: (text: string) => told.push(text) } as unknown as Output, [torrent], clock);
  await clock.run(2000);
  assert.deepEqual(told, []);
  sources = [tracker('failed', 'not \u001b[31mregistered')];
  await clock.run(5000);
  assert.deepEqual(told, ['http://t.example/: not \\x1b[31mregistered']);
  sources = [tracker('failed', 'timeout')];
  await clock.run(2000);
  assert.deepEqual(told.slice(1), ['http://t.example/: timeout']);
  sources = [tracker('failed', 'timeout', 'http://t.example/announce/SECRET')];
  await clock.run(2000);
  assert.deepEqual(told.slice(2), ['http://t.example/announce/[redacted]: timeout']);
});
