import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from './table.ts';
import { type ListedTorrent, type OrderName, orders, torrentColumns, totalsLine } from './torrent-table.ts';
import { doneText, etaText, rateText, ratioText, stateTone, stateWord, type Tone } from './torrent-words.ts';
import { displayWidth } from './width.ts';

const MIB = 1024 ** 2;

const torrent = (facts: Partial<ListedTorrent> = {}): ListedTorrent => ({
  id: 1,
  hash: 'ab'.repeat(20),
  name: 'album',
  state: 'downloading',
  isStalled: false,
  checked: 1,
  moved: 1,
  moveProblem: null,
  hasMetadata: true,
  wantedSize: 100 * MIB,
  wantedDone: 25 * MIB,
  downloadRate: 5 * MIB,
  uploadRate: MIB,
  ratio: 0.5,
  eta: 15,
  addedAt: 1000,
  activeAt: 2000,
  queuePosition: 0,
  ...facts,
});

const plain = (text: string): string => text;
const table = (torrents: readonly ListedTorrent[], width: number): string[] =>
  renderTable(torrentColumns(plain), torrents, width, plain);

test('a wide terminal has all columns, one of 80 cells those that change most', () => {
  assert.deepEqual(table([torrent()], 120), [
    'ID    DONE      SIZE    DOWN/s      UP/s  RATIO      ETA  STATE        NAME',
    ' 1  25.0 %   100 MiB     5 MiB     1 MiB   0.50     0:15  downloading  album',
  ]);
  assert.deepEqual(table([torrent({ name: 'a long name of an album' })], 80), [
    'ID    DONE    DOWN/s      UP/s      ETA  STATE        NAME',
    ' 1  25.0 %     5 MiB     1 MiB     0:15  downloading  a long name of an album',
  ]);
});

test('however narrow it is, id, progress and name are there and no line too wide', () => {
  const torrents = [torrent({ name: '日本語'.repeat(30) }), torrent({ id: 12_345, name: 'x'.repeat(200) })];
  for (const width of [20, 30, 40, 60, 80, 100, 160]) {
    for (const line of table(torrents, width)) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
  }
  assert.match(table(torrents, 30)[0] ?? '', /^ +ID +DONE {2}NAME$/);
});

test('each state has its word and its colour', () => {
  const shown = (facts: Partial<ListedTorrent>): [string, Tone] => [
    stateWord(torrent(facts)),
    stateTone(torrent(facts)),
  ];
  assert.deepEqual(shown({}), ['downloading', 'good']);
  assert.deepEqual(shown({ isStalled: true }), ['stalled', 'caution']);
  assert.deepEqual(shown({ state: 'seeding', isStalled: true }), ['seeding', 'plain']);
  assert.deepEqual(shown({ state: 'checking', checked: 0.456 }), ['check 45 %', 'plain']);
  assert.deepEqual(shown({ state: 'moving', moved: 0.999 }), ['move 99 %', 'plain']);
  assert.deepEqual(shown({ state: 'waiting-to-check' }), ['to check', 'plain']);
  assert.deepEqual(shown({ state: 'fetching-metadata' }), ['metadata', 'plain']);
  assert.deepEqual(shown({ state: 'stopped' }), ['stopped', 'quiet']);
  assert.deepEqual(shown({ state: 'failed' }), ['failed', 'bad']);
});

test('what is not known is a dash', () => {
  const [, line] = table([torrent({ hasMetadata: false, downloadRate: 0, uploadRate: 0.4, eta: null })], 120);
  assert.equal(line, ' 1       -         -         -         -   0.50        -  downloading  album');
  assert.equal(doneText(torrent({ wantedSize: 0, wantedDone: 0 })), '100 %');
  assert.deepEqual([rateText(0), rateText(1), etaText(null), etaText(61)], ['-', '1 B', '-', '1:01']);
  assert.deepEqual(
    [ratioText(0), ratioText(2.345), ratioText(123.4), ratioText(1e9)],
    ['0.00', '2.35', '123', '> 9999'],
  );
});

test('the list is sorted by names from A and by figures from the largest', () => {
  const torrents = [
    torrent({ id: 1, name: 'b10', downloadRate: 1, eta: null, queuePosition: 2, activeAt: null }),
    torrent({ id: 2, name: 'a', downloadRate: 3, eta: 60, queuePosition: 0, wantedDone: 50 * MIB }),
    torrent({ id: 3, name: 'b9', downloadRate: 2, eta: 5, queuePosition: 1, addedAt: 5000 }),
  ];
  const ids = (order: OrderName): number[] => torrents.toSorted(orders[order]).map(({ id }) => id);
  assert.deepEqual(ids('queue'), [2, 3, 1]);
  assert.deepEqual(ids('name'), [2, 3, 1]);
  assert.deepEqual(ids('down'), [2, 3, 1]);
  assert.deepEqual(ids('eta'), [3, 2, 1]);
  assert.deepEqual(ids('done'), [2, 1, 3]);
  assert.deepEqual(ids('added'), [3, 1, 2]);
  assert.deepEqual(ids('active'), [2, 3, 1]);
  assert.deepEqual(ids('activity'), [2, 3, 1]);
});

test('the line of totals counts what has failed', () => {
  assert.equal(totalsLine([]), '0 torrents, 0 B, down 0 B/s, up 0 B/s');
  assert.equal(
    totalsLine([torrent(), torrent({ state: 'failed', downloadRate: 0 })]),
    '2 torrents, 200 MiB, down 5 MiB/s, up 2 MiB/s, 1 failed',
  );
});
