import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceStatus } from '../../discovery/index.ts';
import { TrackerList } from './tracker-list.ts';

const source = (name: string, facts: Partial<SourceStatus> = {}): SourceStatus => ({
  name,
  state: 'ok',
  message: null,
  seeders: null,
  leechers: null,
  downloads: null,
  peersReceived: 0,
  lastAt: null,
  nextIn: null,
  ...facts,
});

describe('a list of trackers', () => {
  it('has each URL once, in the tier where it stands first', () => {
    const list = new TrackerList([[], ['http://a', ' http://b '], ['http://a'], ['http://c', '']]);
    assert.deepEqual(
      list.status([]).map(({ id, url, tier, state }) => [id, url, tier, state]),
      [
        [1, 'http://a', 0, 'idle'],
        [2, 'http://b', 0, 'idle'],
        [3, 'http://c', 1, 'idle'],
      ],
    );
  });

  it('gives a tracker that comes back its old number, and no number twice', () => {
    const list = new TrackerList([['http://a'], ['http://b']]);
    const ids = (): number[] => list.status([]).map(({ id }) => id);
    assert.deepEqual(ids(), [1, 2]);
    list.tiers = [['http://c'], ['http://b']];
    assert.deepEqual(ids(), [3, 2]);
    list.tiers = [['http://d'], ['http://a']];
    assert.deepEqual(ids(), [4, 1]);
  });

  it('tells of a hybrid torrent, whose swarms are two, what says most', () => {
    const first = source('http://a', {
      state: 'failed',
      message: 'refused',
      lastAt: 100,
      nextIn: 5000,
      peersReceived: 3,
    });
    const second = source('http://a', {
      seeders: 4,
      leechers: 2,
      downloads: 9,
      lastAt: 90,
      nextIn: 7000,
      peersReceived: 2,
    });
    const [status] = new TrackerList([['http://a']]).status([first, source('static'), second]);
    assert.deepEqual(status, {
      id: 1,
      url: 'http://a',
      tier: 0,
      state: 'ok',
      message: 'refused',
      seeders: 4,
      leechers: 2,
      downloads: 9,
      peersReceived: 5,
      lastAt: 100,
      nextIn: 5000,
    });
  });
});
