import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrackerView } from '../../app/client/index.ts';
import { trackerLines } from './tracker-table.ts';

const plain = (text: string): string => text;
const options = { now: 1000, width: 100, paint: plain, heading: plain };

const tracker = (facts: Partial<TrackerView> = {}): TrackerView => ({
  id: 0,
  url: 'udp://a.example:1',
  tier: 0,
  state: 'ok',
  message: null,
  seeders: 12_345,
  leechers: null,
  downloads: null,
  peersReceived: 50,
  lastAnnounceAt: 940,
  nextAnnounceAt: 1000 + 1800,
  ...facts,
});

test('trackers are listed with their answers, and what they said below', () => {
  const failed = tracker({ tier: 1, state: 'failed', message: 'timed out', seeders: null, lastAnnounceAt: null });
  assert.deepEqual(trackerLines('album', [tracker(), failed], options), [
    'album: 2 trackers',
    'TIER  STATE    SEEDS  LEECHERS  PEERS  LAST   NEXT  URL',
    '   1  ok      12,345         -     50  1:00  30:00  udp://a.example:1',
    '   2  failed       -         -     50     -  30:00  udp://a.example:1',
    '      timed out',
  ]);
});

test('a torrent without trackers has no table', () => {
  assert.deepEqual(trackerLines('album', [], options), ['album: 0 trackers']);
});
