import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileStatus, TorrentStatus } from '../../app/index.ts';
import { DstError } from '../../base/errors.ts';
import { renderTransfers, transferLine } from './transfer-view.ts';
import { displayWidth } from './width.ts';

const MIB = 1024 * 1024;

const status = (changes: Partial<TorrentStatus> = {}): TorrentStatus => ({
  state: { kind: 'downloading' },
  name: 'album',
  totalSize: 100 * MIB,
  wantedSize: 100 * MIB,
  wantedDone: 25 * MIB,
  done: 25 * MIB,
  checked: 1,
  downloaded: 25 * MIB,
  uploaded: 50 * MIB,
  wasted: 0,
  downloadRate: 5 * MIB,
  uploadRate: MIB,
  etaSeconds: 15,
  piecesHave: 25,
  piecesTotal: 100,
  peersConnected: 3,
  peersSending: 2,
  peersReceiving: 1,
  seedsConnected: 1,
  peersKnown: 9,
  availability: 1.5,
  isSuperSeeding: false,
  sources: [],
  ...changes,
});

const file = (name: string, done: number, length: number, priority = 4): FileStatus => ({
  index: 0,
  path: ['album', name],
  length,
  done,
  priority,
  firstPiece: 0,
  lastPiece: 0,
  availability: 1,
});

test('a download shows name, peers, bar, rates and time left', () => {
  assert.deepEqual(renderTransfers([{ status: status(), files: [] }], 90, 'ascii'), [
    'album                                                   downloading from 3 peers (1 seed)',
    '######--------------------  25.0 %  down 5 MiB/s  ETA 0:15  25 MiB of 100 MiB  up 1 MiB/s',
  ]);
});

test('files in progress come with the one nearest to its end first', () => {
  const files = [file('a', 0, 10), file('b', 5, 10), file('c', 9, 10), file('d', 10, 10), file('e', 1, 10, 0)];
  const lines = renderTransfers([{ status: status(), files }], 60, 'ascii').slice(2);
  assert.deepEqual(lines, [
    '  album/c                        #######-  90.0 %      10 B',
    '  album/b                        ####----  50.0 %      10 B',
    '  4 files, 1 complete',
  ]);
});

test('no line is wider than the terminal allows, however narrow', () => {
  const long = status({ name: '日本語'.repeat(40) });
  const files = [file('x'.repeat(200), 5, 10), file('b', 5, 10)];
  for (const width of [12, 20, 30, 45, 60, 80, 200]) {
    for (const line of renderTransfers(
      [
        { status: long, files },
        { status: long, files },
      ],
      width,
      'blocks',
    ).slice(0, -1)) {
      assert.ok(displayWidth(line) < width, `${width}: ${line}`);
    }
  }
});

test('each state has its words', () => {
  const words = (changes: Partial<TorrentStatus>): string => transferLine(status(changes));
  assert.equal(words({ state: { kind: 'fetching-metadata' } }), 'album: fetching metadata from 3 peers');
  assert.equal(words({ state: { kind: 'checking', done: 1, total: 4 } }), 'album: checking 25.0 %');
  assert.equal(words({ state: { kind: 'seeding' } }), 'album: seeding to 3 peers  up 1 MiB/s  sent 50 MiB  ratio 0.50');
  assert.equal(words({ state: { kind: 'paused' } }), 'album: paused');
  const moving = { ...status({}), state: { kind: 'moving', done: 0.5, total: 1 } } as const;
  assert.equal(transferLine(moving), 'album: moving 50.0 %');
  const error = new DstError('STORAGE_FULL', { category: 'storage', help: '' }, 'no room');
  assert.equal(words({ state: { kind: 'failed', error } }), 'album: failed: no room');
  assert.equal(
    words({ peersConnected: 0, etaSeconds: null }),
    'album: downloading, no peers yet  25.0 %  down 5 MiB/s  ETA --:--  25 MiB of 100 MiB  up 1 MiB/s',
  );
});

test('names of torrents are escaped', () => {
  assert.match(transferLine(status({ name: 'a\u001b[2Jb' })), /^a\\x1b\[2Jb:/);
});

test('several torrents end with a line of totals', () => {
  const transfers = [
    { status: status(), files: [] },
    { status: status({ state: { kind: 'seeding' }, downloadRate: 0 }), files: [] },
  ];
  assert.equal(renderTransfers(transfers, 100, 'blocks').at(-1), '1 of 2 torrents complete  ↓ 5 MiB/s  ↑ 2 MiB/s');
});
