import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClient } from '../../../test/support/fake-client.ts';
import type { Session } from '../session.ts';
import { clientMetrics } from './client-metrics.ts';

const root = join(import.meta.dirname, '../../..');

/** As a session it has state of its own. */
class Engine {
  readonly #jobs = 5;

  stats(): ReturnType<Session['stats']> {
    return { downloaded: 10, uploaded: 20, downloadRate: 0, uploadRate: 0, connections: 3, hasIncoming: true };
  }

  trackerUse(): ReturnType<Session['trackerUse']> {
    return { answered: 7, failed: 2, spared: this.#jobs, serversDown: 1 };
  }

  diskUse(): ReturnType<Session['diskUse']> {
    return { waiting: 2, kinds: { commit: { jobs: this.#jobs, seconds: 1.5, failures: 1 } } };
  }
}

async function lines(): Promise<string[]> {
  const client = new FakeClient();
  client.torrents.addSample({ name: 'a' }).set({ state: 'seeding' });
  client.webhooks.attempts = { taken: 4, failed: 3 };
  client.torrents.addSample({ name: 'b' }).set({ state: 'failed' });
  return (await clientMetrics(client, new Engine()).metrics()).split('\n');
}

test('what happens is told in numbers', async () => {
  const told = await lines();
  for (const line of [
    'dst_client_received_bytes_total 10',
    'dst_client_peers 3',
    'dst_client_torrents{state="seeding"} 1',
    'dst_client_torrents{state="failed"} 1',
    'dst_client_torrents{state="queued"} 0',
    'dst_client_trackers{state="ok"} 2',
    'dst_client_disk_jobs_total{kind="commit"} 5',
    'dst_client_disk_seconds_total{kind="commit"} 1.5',
    'dst_client_disk_jobs_waiting 2',
    'dst_client_tracker_requests_total{result="answered"} 7',
    'dst_client_tracker_requests_total{result="spared"} 5',
    'dst_client_tracker_servers_down 1',
    'dst_client_webhook_attempts_total{result="taken"} 4',
    'dst_client_webhook_attempts_total{result="failed"} 3',
  ]) {
    assert.ok(told.includes(line), line);
  }
});

test('they are all documented, and no others', async () => {
  const names = (await lines()).map((line) => /^# TYPE (dst_\S+)/.exec(line)?.[1]).filter((name) => name !== undefined);
  const page = await readFile(join(root, 'docs/metrics.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(dst_client_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(documented.sort(), names.sort());
});

test('alerts and dashboard ask for nothing that is not there', async () => {
  const known = new Set((await lines()).map((line) => /^# TYPE (\S+)/.exec(line)?.[1]));
  const tracker = await readFile(join(root, 'docs/metrics.md'), 'utf8');
  for (const file of ['prometheus/dst-alerts.yml', 'grafana/dst-client.json']) {
    const text = await readFile(join(root, 'deploy', file), 'utf8');
    const asked = [...text.matchAll(/\b(?:dst_(?:client|tracker)|nodejs|process)_[a-z\d_]+/g)].map(([name]) => name);
    assert.ok(asked.length > 5, file);
    for (const name of asked) assert.ok(known.has(name) || tracker.includes(`\`${name}\``), `${file}: ${name}`);
  }
});
