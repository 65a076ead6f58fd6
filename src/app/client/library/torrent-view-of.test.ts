import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EngineState, EngineTracker } from '../engine-port.ts';
import { FakeEngine, FakeTorrent, smallTorrent } from '../fakes.test.ts';
import { defaultTorrentSettings } from '../torrent-settings.ts';
import type { TorrentView } from '../torrent-view.ts';
import { noChoices, type TorrentRecord } from './torrent-record.ts';
import { type TorrentFacts, torrentViewOf, viewStateOf } from './torrent-view-of.ts';

const { metainfo } = smallTorrent(1);
const record: TorrentRecord = {
  hash: 'ab'.repeat(20),
  infoHashes: metainfo.infoHashes,
  hasMetainfo: true,
  name: 'name',
  savePath: '/save',
  directory: '/save',
  wanted: 'running',
  goal: 'ahead',
  queuePosition: 3,
  settings: defaultTorrentSettings,
  choices: noChoices,
  trackers: null,
  pending: null,
  addedAt: 1,
  startedAt: null,
  completedAt: null,
};
const status = new FakeTorrent(new FakeEngine(), metainfo, { directory: '/save', isPaused: true }).status();
const facts: TorrentFacts = {
  id: 1,
  record,
  counters: { downloaded: 0, uploaded: 0, wasted: 0, secondsDownloading: 0, secondsSeeding: 0, activeAt: null },
  metainfo,
  status,
  trackers: [],
  problem: null,
  warning: null,
  moveProblem: null,
  isMoving: false,
  moved: 0,
  isStalled: false,
  place: 0,
  secondsToGoal: null,
};
const tracker: EngineTracker = {
  id: 0,
  url: 'http://a.example/',
  tier: 0,
  state: 'ok',
  message: null,
  seeders: null,
  leechers: null,
  downloads: null,
  peersReceived: 0,
  lastAt: 100,
  nextIn: null,
};
const problem = { code: 'X', message: 'x', healsItself: false };
const view = (change: Partial<TorrentFacts>): TorrentView => torrentViewOf({ ...facts, ...change });

describe('the state of a torrent', () => {
  const stateOf = (state: EngineState | null, change: Partial<TorrentFacts> = {}): string =>
    viewStateOf({ ...facts, ...change }, state);

  test('is that of the engine while it works', () => {
    for (const kind of ['fetching-metadata', 'downloading', 'seeding'] as const) assert.equal(stateOf({ kind }), kind);
    assert.equal(stateOf({ kind: 'checking', done: 0, total: 5 }), 'checking');
    assert.equal(stateOf({ kind: 'checking', done: 0, total: 0 }), 'waiting-to-check');
  });

  test('is what the user wants while it rests', () => {
    assert.equal(stateOf({ kind: 'paused' }), 'queued');
    assert.equal(stateOf(null), 'queued');
    assert.equal(stateOf({ kind: 'paused' }, { record: { ...record, wanted: 'stopped' } }), 'stopped');
  });

  test('is moving or failed before all else', () => {
    assert.equal(stateOf({ kind: 'checking', done: 0, total: 5 }, { problem }), 'failed');
    assert.equal(stateOf({ kind: 'seeding' }, { problem, isMoving: true }), 'moving');
  });
});

describe('a view', () => {
  test('has a ratio by what was downloaded, or by the size when nothing was', () => {
    const counters = { ...facts.counters, uploaded: 50_000 };
    assert.equal(view({ counters }).ratio, 0.5);
    assert.equal(view({ counters: { ...counters, downloaded: 200_000 } }).ratio, 0.25);
    assert.equal(view({ counters, metainfo: null, status: null }).ratio, 0);
  });

  test('has what was known last while the data is not open, so that nothing of a download is not all of nothing', () => {
    const progressOf = (change: Partial<TorrentFacts>): unknown[] => {
      const { wantedSize, wantedDone, done } = view(change);
      return [wantedSize, wantedDone, done];
    };
    const opening = { ...status, piecesTotal: 0, wantedSize: 0 };
    for (const one of [null, opening]) {
      assert.deepEqual(progressOf({ status: one }), [100_000, 0, 0]);
      assert.deepEqual(progressOf({ status: one, record: { ...record, completedAt: 5 } }), [100_000, 100_000, 100_000]);
    }
    const several = smallTorrent(2, { files: [10, 200, 3000, 40_000] }).metainfo;
    const choices = { ...noChoices, select: [1, 2, 3], priorities: new Map([[3, 0]]) };
    const chosen = { metainfo: several, status: null, record: { ...record, choices } };
    assert.deepEqual(progressOf(chosen), [3200, 0, 0]);
    assert.deepEqual(progressOf({ metainfo: null, status: null }), [0, 0, 0]);
    assert.deepEqual(progressOf({ status: { ...status, wantedSize: 9, wantedDone: 5, done: 6 } }), [9, 5, 6]);
  });

  test('names the file or folder where it is now', () => {
    assert.equal(view({}).contentPath, '/save/test-1');
    assert.equal(view({ record: { ...record, directory: '/incomplete' } }).contentPath, '/incomplete/test-1');
    const choices = { ...noChoices, paths: new Map([[0, ['renamed']]]) };
    assert.equal(view({ record: { ...record, choices } }).contentPath, '/save/renamed');
    assert.equal(view({ metainfo: null, status: null }).contentPath, '/save/name');
  });

  test('tells the tracker that answered last, and the largest swarm that one of them knows', () => {
    const trackers = [
      { ...tracker, url: 'http://a.example/', lastAt: 100, seeders: 5 },
      { ...tracker, url: 'http://b.example/', lastAt: 200, seeders: 2, leechers: 9 },
      { ...tracker, url: 'http://c.example/', lastAt: 300, state: 'failed' as const },
    ];
    const { tracker: url, trackerCount, swarmSeeds, swarmLeechers } = view({ trackers });
    assert.deepEqual([url, trackerCount, swarmSeeds, swarmLeechers], ['http://b.example/', 3, 5, 9]);
    assert.equal(view({ trackers: [{ ...tracker, state: 'idle' }] }).tracker, 'http://a.example/');
    assert.deepEqual([view({}).tracker, view({}).swarmSeeds], ['', null]);
  });

  test('is stalled only while it should move', () => {
    const isStalled = (state: EngineState): boolean =>
      view({ isStalled: true, status: { ...status, state } }).isStalled;
    assert.equal(isStalled({ kind: 'downloading' }), true);
    assert.equal(isStalled({ kind: 'paused' }), false);
  });

  test('is over with seeding when a goal stopped it, and not when the user did', () => {
    const isOver = (wanted: 'running' | 'stopped', goal: 'ahead' | 'reached' | 'waived'): boolean =>
      view({ record: { ...record, wanted, goal }, status: { ...status, state: { kind: 'paused' } } }).isSeedingOver;
    assert.deepEqual(
      [isOver('stopped', 'reached'), isOver('stopped', 'ahead'), isOver('stopped', 'waived')],
      [true, false, false],
    );
    assert.equal(isOver('running', 'reached'), false);
  });

  test('has the time that seeding goes on while it seeds, else that of the download', () => {
    const seeding = { ...status, state: { kind: 'seeding' } as const, etaSeconds: 5 };
    assert.equal(view({ status: seeding, secondsToGoal: 60 }).eta, 60);
    assert.equal(view({ status: { ...seeding, state: { kind: 'downloading' } }, secondsToGoal: 60 }).eta, 5);
  });
});
