import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareMetainfo, type FileEntry, type Metainfo } from '../codec/metainfo/index.ts';
import { torrentWarnings } from './torrent-warnings.ts';

const entry = (path: string[], changes: Partial<FileEntry> = {}): FileEntry => ({
  path: ['album', ...path],
  originalPath: path,
  length: 10,
  offset: 0,
  isPad: false,
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
  ...changes,
});

const torrent = (
  files: FileEntry[],
  changes: Partial<Metainfo> = {},
  info: Partial<Metainfo['info']> = {},
): Metainfo => ({
  ...bareMetainfo(
    {
      info: {
        name: 'album',
        originalName: 'album',
        hasV1: true,
        hasV2: false,
        pieceLength: 16384,
        pieceCount: 1,
        files,
        isSingleFile: false,
        length: 10,
        totalSize: 10,
        pieces: new Uint8Array(20),
        seal: null,
        isPrivate: false,
        source: null,
        raw: new Uint8Array(),
        ...info,
      },
      infoHashes: { v1: new Uint8Array(20), v2: null },
    },
    [['http://t.example/']],
  ),
  ...changes,
});

const codes = (metainfo: Metainfo): string[] => torrentWarnings(metainfo).map((warning) => warning.code);

test('an ordinary torrent has no warnings', () => {
  assert.deepEqual(codes(torrent([entry(['a']), entry(['b', 'c'])])), []);
});

test('names that had to be changed are told, those of pads are not', () => {
  const changed = entry(['_', 'passwd'], { originalPath: ['..', 'passwd'] });
  assert.match(torrentWarnings(torrent([changed]))[0]?.message ?? '', /^the name of a file would not be safe/);
  assert.deepEqual(codes(torrent([entry(['pad'], { isPad: true, originalPath: ['.pad'] })])), []);
  assert.deepEqual(codes(torrent([entry(['a'])], {}, { originalName: 'al/bum' })), ['NAME_CHANGED']);
});

test('a torrent without a way to find peers is told', () => {
  assert.deepEqual(codes(torrent([entry(['a'])], { trackers: [] })), ['NO_TRACKER']);
  assert.deepEqual(codes(torrent([entry(['a'])], { trackers: [], nodes: [['r.example', 1]] })), []);
  const [warning] = torrentWarnings(torrent([entry(['a'])], { trackers: [] }, { isPrivate: true }));
  assert.match(warning?.message ?? '', /private/);
});

test('missing piece layers are told for files larger than a piece', () => {
  const files = [
    entry(['big'], { length: 100_000, piecesRoot: new Uint8Array(32).fill(1) }),
    entry(['small'], { length: 100, piecesRoot: new Uint8Array(32).fill(2) }),
  ];
  assert.deepEqual(codes(torrent(files, {}, { hasV2: true })), ['PIECE_LAYERS_MISSING']);
  const pieceLayers = new Map([['01'.repeat(32), new Uint8Array(224)]]);
  assert.deepEqual(codes(torrent(files, { pieceLayers }, { hasV2: true })), []);
});
