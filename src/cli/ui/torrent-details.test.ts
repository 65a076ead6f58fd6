import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClient } from '../../../test/support/fake-client.ts';
import type { TorrentView } from '../../app/client/index.ts';
import { renderRows } from './rows.ts';
import { detailRows } from './torrent-details.ts';

const plain = (text: string): string => text;

function details(facts: Partial<TorrentView>): Map<string, string> {
  const torrent = new FakeClient().torrents.addSample({ name: 'album', files: { a: 600_000, b: 400_000 } });
  torrent.set(facts);
  const rows = detailRows({ ...torrent.view(), magnetLink: 'magnet:?x' }, 'ascii', plain);
  const lines = renderRows(rows, plain).map((line): [string, string] => [line.slice(0, 14).trim(), line.slice(14)]);
  return new Map(lines.filter(([label]) => label !== ''));
}

test('figures are told in sentences, and what there is not is left out', () => {
  const shown = details({ wantedDone: 250_000, wantedSize: 500_000, totalSize: 1_000_000, wasted: 2048, ratio: 1.5 });
  assert.equal(shown.get('Done'), '############------------  50.0 %, 244 KiB of 488 KiB wanted, 977 KiB in all');
  assert.equal(shown.get('Transferred'), 'down 0 B, up 0 B, ratio 1.50; 2 KiB wasted');
  assert.equal(shown.get('Peers'), '2 of 20 connected (1 seed): from 1, to 1');
  assert.equal(shown.get('Swarm'), '10 seeds, 5 leechers, 2.50 copies in sight');
  assert.equal(shown.get('Size'), '977 KiB in 2 files, 16 pieces of 64 KiB');
  const joined = details({ peersConnected: 3, peersKnown: 0, seedsConnected: 0 });
  assert.equal(joined.get('Peers'), '3 of 3 connected (0 seeds): from 1, to 1');
  for (const label of ['Category', 'Labels', 'Limits', 'Seeds until', 'Options', 'Private', 'Completed', 'Hash']) {
    assert.equal(shown.has(label), false, label);
  }
});

test('settings that differ from the defaults are told', () => {
  const settings = {
    category: 'music',
    labels: ['a', 'b'],
    downloadLimit: 1024,
    uploadLimit: 0,
    obeysGlobalLimits: false,
    bandwidthPriority: 'high',
    maxPeers: 5,
    goals: { ratio: 2, minutes: 'none', idleMinutes: 'default' },
    isSequential: true,
    isFirstLast: true,
    isSuperSeeding: true,
    isForced: true,
  } as const;
  const shown = details({ settings });
  assert.equal(shown.get('Category'), 'music');
  assert.equal(shown.get('Labels'), 'a, b');
  assert.equal(shown.get('Limits'), 'down 1 KiB/s, those of all torrents do not count');
  assert.equal(shown.get('Seeds until'), 'ratio 2, no minutes');
  assert.equal(
    shown.get('Options'),
    'pieces in order, first and last pieces of files first, super-seeding, runs whatever the queue says, high priority, at most 5 peers',
  );
});

test('a queued torrent tells its place, and one without metadata no sizes', () => {
  assert.equal(details({ state: 'queued', queuePosition: 2 }).get('State'), 'queued, place 3');
  const bare = details({ hasMetadata: false, hashV1: null, hashV2: 'cd'.repeat(32), tracker: '' });
  assert.equal(bare.get('Done'), 'the metadata is not there yet');
  assert.equal(bare.has('Size'), false);
  assert.equal(bare.get('Info hash v2'), 'cd'.repeat(32));
  assert.match(bare.get('Hash') ?? '', /^[0-9a-f]{40}$/);
  assert.equal(bare.get('Tracker'), 'none');
});
