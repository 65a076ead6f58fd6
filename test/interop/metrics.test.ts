/** What Prometheus' own tool says of the numbers of a daemon and of a tracker that run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { DstRun, scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { ensurePrograms } from './setup.ts';

const skip = ensurePrograms(['promtool']) ?? false;

function assertFollowsRules(metrics: string): void {
  assert.match(metrics, /^process_resident_memory_bytes \d/m);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
}

test('the metrics of a daemon follow the rules of Prometheus', { skip }, async () => {
  await using folder = await scratchFolder();
  await using daemon = await DaemonProcess.start(folder.path);
  const { token } = await daemon.api<{ token: string }>('/tokens', {
    method: 'POST',
    body: { name: 'prometheus', scope: 'read' },
  });
  const answer = await fetch(`${daemon.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assertFollowsRules(await answer.text());
});

test('the metrics of a tracker follow the rules of Prometheus', { skip }, async () => {
  await using folder = await scratchFolder();
  await using tracker = new DstRun(['tracker', '--bind', '127.0.0.1', '--port', '0'], { cwd: folder.path });
  const { urls } = (await tracker.event('listening')) as unknown as { urls: string[] };
  const url = urls.find((one) => one.startsWith('http')) as string;
  assertFollowsRules(await (await fetch(new URL('/metrics', url))).text());
});
