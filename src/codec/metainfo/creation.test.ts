import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildTorrent, content } from '../../../test/conformance/build-torrent.ts';
import { toHex, toText } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { encodeTorrent, planTorrent, type PlannedFile, type TorrentFormat, type TorrentPlan } from './creation.ts';
import { decodeMetainfo } from './decode.ts';
import { Geometry } from './geometry.ts';

const KiB = 1024;
const formats: readonly TorrentFormat[] = ['v1', 'v2', 'hybrid'];

const plan = (files: readonly PlannedFile[], format: TorrentFormat, pieceLength?: number): TorrentPlan =>
  planTorrent(files, { format, name: 'n', isSingleFile: false, pieceLength });
const paths = ({ files }: TorrentPlan): string[] => files.map((file) => file.originalPath.join('/'));
const file = (path: string, length = 1): PlannedFile => ({ path: path.split('/'), length });

function codeOfPlanning(files: readonly PlannedFile[], pieceLength?: number): string | null {
  try {
    plan(files, 'hybrid', pieceLength);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

test('files are in the order of the v2 file tree, whatever order they come in', () => {
  const files = ['b', 'a.txt', 'a/z', 'a/b/c', 'A', '\u{1f600}', '\uffff'].map((path) => file(path));
  for (const format of ['v1', 'v2'] as const) {
    assert.deepEqual(paths(plan(files, format)), ['A', 'a/b/c', 'a/z', 'a.txt', 'b', '\uffff', '\u{1f600}']);
    assert.deepEqual(paths(plan(files.toReversed(), format)), paths(plan(files, format)));
  }
});

test('a hybrid torrent pads behind each file that does not fill its pieces, the last one included', () => {
  const { files, sources, length, pieceCount, totalSize } = plan(
    [file('a', 10), file('b', 0), file('c', 16 * KiB), file('d', 16 * KiB + 4)],
    'hybrid',
    16 * KiB,
  );
  assert.deepEqual(
    files.map((entry) => [entry.path.join('/'), entry.offset, entry.length, entry.isPad]),
    [
      ['n/a', 0, 10, false],
      ['n/.pad/16374', 10, 16374, true],
      ['n/b', 16384, 0, false],
      ['n/c', 16384, 16384, false],
      ['n/d', 32768, 16388, false],
      ['n/.pad/16380', 49156, 16380, true],
    ],
  );
  assert.deepEqual(sources, [0, -1, 1, 2, 3, -1]);
  assert.deepEqual([length, pieceCount, totalSize], [4 * 16384, 4, 10 + 16384 + 16388]);
});

test('one file alone is not padded, as in the reference creator of BEP 52', () => {
  assert.deepEqual(paths(plan([file('a', 10)], 'hybrid')), ['a']);
  const single = planTorrent([file('ignored', 10)], { format: 'hybrid', name: 'n', isSingleFile: true });
  assert.deepEqual(paths(single), ['n']);
});

test('a v2 torrent aligns files without pads', () => {
  const { files, length, pieceCount } = plan([file('a', 10), file('b', 20)], 'v2', 16 * KiB);
  assert.deepEqual(
    files.map(({ offset }) => offset),
    [0, 16384],
  );
  assert.deepEqual([length, pieceCount], [16404, 2]);
});

test('the piece length follows the size: 1,250 to 2,500 pieces between 16 KiB and 16 MiB', () => {
  const chosen = (size: number): number => plan([file('a', size)], 'v1').pieceLength;
  assert.equal(chosen(1), 16 * KiB);
  assert.equal(chosen(2500 * 16 * KiB), 16 * KiB);
  assert.equal(chosen(2500 * 16 * KiB + 1), 32 * KiB);
  assert.equal(chosen(2 ** 31), 1024 * KiB);
  assert.equal(chosen(2 ** 40), 16 * 1024 * KiB);
});

test('what cannot be a torrent is refused', () => {
  assert.equal(codeOfPlanning([]), 'METAINFO_CREATE_NO_DATA');
  assert.equal(codeOfPlanning([file('a', 0)]), 'METAINFO_CREATE_NO_DATA');
  for (const path of ['', '.', '..', 'a//b', 'a/../b', 'a\0'])
    assert.equal(codeOfPlanning([file(path)]), 'METAINFO_CREATE_PATH', path);
  assert.equal(codeOfPlanning([{ path: ['a/b'], length: 1 }]), 'METAINFO_CREATE_PATH');
  assert.equal(codeOfPlanning([{ path: [], length: 1 }]), 'METAINFO_CREATE_PATH');
  assert.equal(codeOfPlanning([file('a'), file('b'), file('a')]), 'METAINFO_CREATE_PATH');
  assert.equal(codeOfPlanning([file('a'), file('a.txt'), file('a/b')]), 'METAINFO_CREATE_PATH');
  assert.equal(codeOfPlanning([file(Array.from({ length: 91 }, () => 'x').join('/'))]), 'METAINFO_CREATE_PATH');
  for (const pieceLength of [0, -1, 1000, 8 * KiB, 2 ** 29, 20 * KiB, Number.NaN]) {
    assert.equal(codeOfPlanning([file('a')], pieceLength), 'METAINFO_CREATE_PIECE_LENGTH', String(pieceLength));
  }
  assert.equal(codeOfPlanning([file('a', 2 ** 40)], 16 * KiB), 'METAINFO_CREATE_PIECE_LENGTH');
});

test('the deepest path that is accepted decodes again', () => {
  const path = Array.from({ length: 90 }, () => 'x').join('/');
  const { bytes } = buildTorrent([{ path, content: content(5, 1) }], { format: 'hybrid' });
  assert.equal(decodeMetainfo(bytes, nodeDigests).info.files[0]?.originalPath.join('/'), path);
});

test('hashes that do not fit the plan are refused', () => {
  const hybrid = plan([file('a', 40 * KiB), file('b', 1)], 'hybrid', 16 * KiB);
  const root = new Uint8Array(32);
  const pieces = new Uint8Array(20 * hybrid.pieceCount);
  const good = hybrid.files.map(({ isPad }, i) =>
    isPad ? null : { root, pieceLayer: new Uint8Array(i === 0 ? 96 : 0) },
  );
  assert.doesNotThrow(() => encodeTorrent(hybrid, { pieces, files: good }, {}));
  assert.throws(() => encodeTorrent(hybrid, { pieces: pieces.subarray(20), files: good }, {}), RangeError);
  assert.throws(() => encodeTorrent(hybrid, { pieces: null, files: good }, {}), RangeError);
  assert.throws(() => encodeTorrent(hybrid, { pieces, files: [] }, {}), RangeError);
  const short = [{ root, pieceLayer: new Uint8Array(64) }, ...good.slice(1)];
  assert.throws(() => encodeTorrent(hybrid, { pieces, files: short }, {}), RangeError);
});

test('all details come back when the torrent is decoded', () => {
  for (const format of formats) {
    const { bytes } = buildTorrent(
      [
        { path: 'a', content: content(100, 1), isExecutable: true },
        { path: 'b', content: content(0, 0), symlink: ['dir', 'c'] },
        { path: 'dir/c', content: content(50 * KiB, 2), isHidden: true },
      ],
      {
        format,
        trackers: [['http://a/', 'udp://b:1'], ['wss://c']],
        webSeeds: ['http://w/'],
        nodes: [['router.example', 6881]],
        comment: 'c\u00f6mment',
        createdBy: 'test',
        creationDate: 1234567,
        isPrivate: true,
        source: 'S',
        similar: [new Uint8Array(20).fill(7)],
        collections: ['col'],
      },
    );
    const torrent = decodeMetainfo(bytes, nodeDigests);
    assert.deepEqual(torrent.trackers, [['http://a/', 'udp://b:1'], ['wss://c']]);
    assert.deepEqual(torrent.webSeeds, ['http://w/']);
    assert.deepEqual(torrent.nodes, [['router.example', 6881]]);
    assert.deepEqual(
      [torrent.comment, torrent.createdBy, torrent.creationDate, torrent.info.isPrivate, torrent.info.source],
      ['c\u00f6mment', 'test', 1234567, true, 'S'],
    );
    assert.deepEqual(torrent.similar.map(toHex), ['07'.repeat(20)]);
    assert.deepEqual(torrent.collections, ['col']);
    assert.deepEqual([torrent.info.hasV1, torrent.info.hasV2], [format !== 'v2', format !== 'v1']);
    const files = torrent.info.files.filter(({ isPad }) => !isPad);
    assert.deepEqual(
      files.map(({ isExecutable, isHidden }) => [isExecutable, isHidden]),
      [
        [true, false],
        [false, false],
        [false, true],
      ],
    );
    assert.deepEqual(files[1]?.symlink, ['dir', 'c']);
  }
});

test('details that are not given leave no key', () => {
  const { bytes } = buildTorrent([{ path: 'a', content: content(1, 1) }], {
    format: 'v1',
    trackers: [['udp://t:1']],
    webSeeds: [],
  });
  const text = toText(bytes).replace(/6:pieces20:.*$/s, '');
  assert.equal(
    text,
    'd8:announce9:udp://t:14:infod5:filesld6:lengthi1e4:pathl1:aeee4:name6:sample12:piece lengthi16384e',
  );
});

test('identical files share a piece layer', () => {
  const same = content(40 * KiB, 3);
  const { bytes } = buildTorrent(
    [
      { path: 'a', content: same },
      { path: 'b', content: same },
    ],
    { format: 'v2' },
  );
  assert.equal(decodeMetainfo(bytes, nodeDigests).pieceLayers.size, 1);
});

test('whatever is created decodes to the same layout, and the same input gives the same bytes', () => {
  const name = fc
    .string({ unit: fc.constantFrom('a', 'b', 'Z', '.', '\u00e9'), minLength: 1, maxLength: 3 })
    .filter((text) => !/^\.+$/.test(text));
  const lengths = fc.oneof(fc.constantFrom(0, 1, 16384, 16385, 32768), fc.nat(90_000));
  const input = fc.record({
    files: fc.uniqueArray(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), lengths), {
      minLength: 1,
      maxLength: 6,
      selector: ([path]) => path[0],
    }),
    format: fc.constantFrom(...formats),
    pieceLength: fc.constantFrom(16384, 32768, 65536),
  });
  fc.assert(
    fc.property(input, ({ files, format, pieceLength }) => {
      fc.pre(files.some(([, length]) => length > 0));
      const given = files.map(([path, length], i) => ({ path: path.join('/'), content: content(length, i) }));
      const built = buildTorrent(given, { format, pieceLength });
      assert.deepEqual(buildTorrent(given.toReversed(), { format, pieceLength }).bytes, built.bytes);
      const { info, pieceLayers } = decodeMetainfo(built.bytes, nodeDigests);
      assert.deepEqual(
        [info.length, info.pieceCount, info.totalSize],
        [built.plan.length, built.plan.pieceCount, built.plan.totalSize],
      );
      const shape = (files_: TorrentPlan['files']): unknown =>
        files_.map(({ originalPath, length, offset, isPad }) => [originalPath.join('/'), length, offset, isPad]);
      assert.deepEqual(shape(info.files), shape(built.plan.files));
      assert.equal(
        pieceLayers.size,
        format === 'v1'
          ? 0
          : new Set(
              built.hashes.files
                .filter((hashes) => hashes && hashes.pieceLayer.length > 0)
                .map((hashes) => toHex(hashes?.root ?? new Uint8Array())),
            ).size,
      );
      const geometry = new Geometry(info);
      let covered = 0;
      for (let piece = 0; piece < geometry.pieceCount; piece++) covered += geometry.pieceSize(piece);
      assert.equal(covered, format === 'v2' ? info.totalSize : info.length);
    }),
    { numRuns: 60 },
  );
});
