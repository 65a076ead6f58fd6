import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClient } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { MethodContext } from './method.ts';
import { PassedOver } from './passed-over.ts';
import { RecentRevisions } from './recent-revisions.ts';
import { sessionMethods } from './session-methods.ts';
import { SpeedMemory } from './speed-memory.ts';

test('settings that this client has not are told once in the log, and the others are set', async () => {
  const told: unknown[] = [];
  const client = new FakeClient({ config: { limits: { followSchedule: true } } });
  const context: MethodContext = {
    ...{ client, sessionId: '', recent: new RecentRevisions(new ManualClock()), speeds: new SpeedMemory() },
    fetchTorrent: () => Promise.reject(new Error('not here')),
    caller: { kind: 'socket', name: 'me', user: null, scope: 'admin', csrf: null, isValid: () => true },
    passedOver: new PassedOver({ info: (_message, fields) => void told.push(fields?.['settings']) }),
  };
  const set = async (params: Record<string, unknown>): Promise<void> => {
    await sessionMethods['session_set']?.run(context, params);
  };
  await set({
    ...{ dht_enabled: 1, blocklist_url: 'http://lists.example/', queue_stalled_minutes: 30, pex_enabled: 0 },
    preferred_transports: ['tcp'],
    ...{ script_torrent_done_enabled: true, script_torrent_done_filename: '/bin/sh', nonsense: true },
    ...{ peer_limit_global: 99, seed_ratio_limited: 1, download_dir: '/media/', encryption: 'tolerated' },
  });
  assert.deepEqual(
    told.map((names) => (names as string[]).toSorted()),
    [
      [
        'blocklist_url',
        'dht_enabled',
        'queue_stalled_minutes',
        'script_torrent_done_enabled',
        'script_torrent_done_filename',
      ],
    ],
  );
  assert.equal(client.settings.value.peers.connections, 99);
  await set({ dht_enabled: true, utp_enabled: true });
  assert.deepEqual(told.slice(1), [['utp_enabled']]);
});
