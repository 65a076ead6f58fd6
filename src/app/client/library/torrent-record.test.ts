import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { TorrentRow } from '../../../db/index.ts';
import { defaultTorrentSettings, type TorrentSettings } from '../torrent-settings.ts';
import { columnsOf, noChoices, recordOf, type TorrentRecord } from './torrent-record.ts';

const counters = { downloaded: 1, uploaded: 2, wasted: 6, secondsDownloading: 3, secondsSeeding: 4, activeAt: 5 };
const record: TorrentRecord = {
  hash: 'ab'.repeat(20),
  infoHashes: { v1: new Uint8Array(20).fill(1), v2: null },
  hasMetainfo: true,
  name: 'a name',
  savePath: '/save',
  directory: '/incomplete',
  wanted: 'running',
  goal: 'waived',
  queuePosition: -3,
  settings: {
    ...defaultTorrentSettings,
    labels: ['a', 'b'],
    goals: { ratio: 1.5, minutes: 'none', idleMinutes: 'default' },
  },
  choices: {
    ...noChoices,
    select: [1, 2],
    priorities: new Map([[2, 7]]),
    paths: new Map([[1, ['folder', 'file']]]),
    isNamed: true,
    isCompletionOwed: true,
    peers: [
      { host: '192.0.2.1', port: 1 },
      { host: '2001:db8::1', port: 65_535 },
    ],
  },
  trackers: [['http://a.example/announce'], []],
  pending: { kind: 'move', to: '/new', back: '/save' },
  addedAt: 10,
  startedAt: 11,
  completedAt: null,
};
const rowOf = (change: Partial<TorrentRow> = {}): TorrentRow => ({ ...columnsOf(record), id: 7, counters, ...change });

describe('a record', () => {
  test('is read as it was written', () => {
    assert.deepEqual(recordOf(rowOf()), { id: 7, record, counters, repaired: [] });
    const rate = fc.nat();
    const goal = fc.oneof(
      fc.constantFrom('default' as const, 'none' as const),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
    );
    const settings: fc.Arbitrary<TorrentSettings> = fc.record({
      category: fc.string(),
      labels: fc.array(fc.string()),
      downloadLimit: rate,
      uploadLimit: rate,
      obeysGlobalLimits: fc.boolean(),
      bandwidthPriority: fc.constantFrom('low', 'normal', 'high'),
      maxPeers: fc.option(rate),
      goals: fc.record({ ratio: goal, minutes: goal, idleMinutes: goal }),
      isSequential: fc.boolean(),
      isFirstLast: fc.boolean(),
      isSuperSeeding: fc.boolean(),
      isForced: fc.boolean(),
    });
    fc.assert(
      fc.property(settings, (some) => {
        const { settings: text } = columnsOf({ ...record, settings: some });
        const read = recordOf(rowOf({ settings: text }));
        assert.deepEqual(read.repaired, []);
        // JSON has no negative zero.
        assert.deepEqual(JSON.stringify(read.record.settings), JSON.stringify(some));
      }),
    );
  });

  test('with a damaged column has that as it is by default, and says so', () => {
    const damages: readonly (readonly [Partial<TorrentRow>, string, keyof TorrentRecord, unknown])[] = [
      [{ settings: 'no json' }, 'settings', 'settings', defaultTorrentSettings],
      [{ settings: '[]' }, 'settings', 'settings', defaultTorrentSettings],
      [{ choices: '{"select":[-1]}' }, 'choices', 'choices', noChoices],
      [{ trackers: '[[1]]' }, 'trackers', 'trackers', null],
      [{ pending: '{"kind":"explode"}' }, 'pending', 'pending', null],
      [{ wanted: 'perhaps' }, 'wanted', 'wanted', 'stopped'],
      [{ goal: '' }, 'goal', 'goal', 'ahead'],
    ];
    // Of each torrent that has it.
    for (const [damage, name, key, value] of damages.flatMap((one) => [one, one])) {
      const read = recordOf(rowOf(damage));
      assert.deepEqual(read.repaired, [name]);
      assert.deepEqual(read.record, { ...record, [key]: value });
    }
  });

  test('shares its settings in memory with the one before that has the same', () => {
    const [{ record: one }, { record: two }] = [recordOf(rowOf({ hash: 'a' })), recordOf(rowOf({ hash: 'b' }))];
    assert.equal(one.settings, two.settings);
    assert.equal(one.choices, two.choices);
  });

  test('of an earlier version owes no completion, has no peers, and new settings as by default', () => {
    const {
      isCompletionOwed: _,
      peers: _none,
      ...choices
    } = JSON.parse(columnsOf(record).choices) as Record<string, unknown>;
    const { isSuperSeeding: _new, ...settings } = record.settings;
    const read = recordOf(rowOf({ choices: JSON.stringify(choices), settings: JSON.stringify(settings) }));
    const { isCompletionOwed, peers } = read.record.choices;
    assert.deepEqual([read.repaired, isCompletionOwed, peers], [[], false, []]);
    assert.deepEqual(read.record.settings, { ...record.settings, isSuperSeeding: false });
    assert.deepEqual(read.record.choices.priorities, record.choices.priorities);
  });

  test('keeps those settings of a damaged column that are whole', () => {
    const text = JSON.stringify({ ...record.settings, downloadLimit: 'much', maxPeers: 'none' });
    const read = recordOf(rowOf({ settings: text }));
    assert.deepEqual(read.repaired, ['settings.downloadLimit', 'settings.maxPeers']);
    assert.deepEqual(read.record.settings, record.settings);
  });

  test('never names a file outside of the save path', () => {
    for (const path of [['..', 'x'], ['a/b'], [''], ['a\0'], ['.'], []]) {
      const choices = JSON.stringify({ ...noChoices, priorities: [], paths: [[0, path]] });
      assert.deepEqual(recordOf(rowOf({ choices })).repaired, ['choices'], JSON.stringify(path));
    }
  });

  test('never names a peer that is none', () => {
    for (const peer of [{ host: 'localhost', port: 1 }, { host: '192.0.2.1', port: 0 }, '192.0.2.1:1']) {
      const choices = JSON.stringify({ ...noChoices, priorities: [], paths: [], peers: [peer] });
      assert.deepEqual(recordOf(rowOf({ choices })).repaired, ['choices'], JSON.stringify(peer));
    }
  });

  test('may be anything without harm', () => {
    const text = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(text, text, text, text, (settings, choices, trackers, pending) => {
        assert.equal(recordOf(rowOf({ settings, choices, trackers, pending })).record.hash, record.hash);
      }),
    );
  });
});
