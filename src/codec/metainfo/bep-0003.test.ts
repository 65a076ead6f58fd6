/** BEP 3: the torrent file and its info dictionary, v1. Broken rules are in the corpus of hostile torrents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildTorrent, content } from '../../../test/conformance/build-torrent.ts';
import { toHex, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { bencodeErrors, encode } from '../bencode/index.ts';
import { decodeMetainfo } from './decode.ts';
import { metainfoErrors } from './errors.ts';
import { decodeInfo } from './info.ts';
import type { Metainfo } from './metainfo.ts';

const single = { name: 'file.txt', length: 20_000, 'piece length': 16384, pieces: new Uint8Array(40) };
const decode = (info: Record<string, unknown>): Metainfo =>
  decodeMetainfo(encode({ info: info as never }), nodeDigests);

test('a torrent with a length is one file, named as the torrent', () => {
  const { info, infoHashes } = decode(single);
  assert.deepEqual([info.isSingleFile, info.name, info.totalSize, info.pieceCount], [true, 'file.txt', 20_000, 2]);
  assert.deepEqual(
    info.files.map((file) => [file.path, file.originalPath]),
    [[['file.txt'], ['file.txt']]],
  );
  assert.equal(toHex(infoHashes.v1 as Uint8Array), toHex(nodeDigests.sha1(encode(single))));
  assert.equal(infoHashes.v2, null);
});

test('a torrent with files is a folder, and files stand end to end', () => {
  const files = [
    { length: 5, path: ['a'] },
    { length: 0, path: ['e'] },
    { length: 7, path: ['d', 'b'] },
  ];
  const { info } = decode({ name: 'n', files, 'piece length': 16384, pieces: new Uint8Array(20) });
  assert.deepEqual(
    info.files.map((file) => [file.path.join('/'), file.originalPath.join('/'), file.offset, file.length]),
    [
      ['n/a', 'a', 0, 5],
      ['n/e', 'e', 5, 0],
      ['n/d/b', 'd/b', 5, 7],
    ],
  );
  assert.equal(info.isSingleFile, false);
});

test('a list of files reads the same whether or not a file says more than its length and path', () => {
  const element = fc.oneof(
    fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
    fc.constantFrom('_____padding_file_0_', 'a file with a long name.bin', '..'),
  );
  const files = fc.array(
    fc.record({ length: fc.nat(100_000), path: fc.array(element, { minLength: 1, maxLength: 3 }) }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(files, fc.nat(), (list, which) => {
      const total = list.reduce((sum, { length }) => sum + length, 0);
      fc.pre(total > 0);
      const read = (entries: readonly object[]): Metainfo => {
        const pieces = new Uint8Array(20 * Math.ceil(total / 16384));
        return decode({ name: 'n', files: entries, 'piece length': 16384, pieces });
      };
      const more = list.map((file, i) => (i === which % list.length ? { ...file, md5sum: 'x' } : file));
      let plain: Metainfo;
      try {
        plain = read(list);
      } catch (error) {
        assert.throws(() => read(more), { code: codeOf(error) });
        return;
      }
      assert.deepEqual(read(more).info.files, plain.info.files);
    }),
  );
});

test('one file in a list is still a folder', () => {
  const { info } = decode({
    name: 'n',
    files: [{ length: 5, path: ['a'] }],
    'piece length': 16384,
    pieces: new Uint8Array(20),
  });
  assert.deepEqual([info.isSingleFile, info.files[0]?.path], [false, ['n', 'a']]);
});

test('the hash covers the raw bytes, however the keys of a v1 info are ordered', () => {
  const info = utf8('d4:name1:n6:lengthi5e6:pieces20:aaaaaaaaaaaaaaaaaaaa12:piece lengthi16384ee');
  const torrent = decodeMetainfo(utf8(`d4:info${new TextDecoder().decode(info)}e`), nodeDigests);
  assert.deepEqual(torrent.infoHashes.v1, nodeDigests.sha1(info));
  assert.deepEqual(torrent.info.raw, info);
});

test('UTF-8 twins of names and paths win', () => {
  const files = [{ length: 5, path: ['x'], 'path.utf-8': ['\u00fc'] }];
  const { info } = decode({
    name: 'n',
    'name.utf-8': '\u00f6',
    files,
    'piece length': 16384,
    pieces: new Uint8Array(20),
  });
  assert.deepEqual([info.name, info.files[0]?.path], ['\u00f6', ['\u00f6', '\u00fc']]);
});

test('a name of which nothing is left becomes the info hash', () => {
  for (const name of ['..', '', ' ', '\u202e']) {
    const { info, infoHashes } = decode({ ...single, name });
    const hex = toHex(infoHashes.v1 as Uint8Array);
    assert.deepEqual([info.name, info.originalName, info.files[0]?.path], [hex, name, [hex]]);
  }
});

test('a torrent of an odd piece length is read, as BEP 3 demands no power of two', () => {
  assert.equal(decode({ ...single, 'piece length': 10_000 }).info.pieceCount, 2);
});

test('blanks may follow the torrent, other bytes may not', () => {
  const bytes = [...encode({ info: single as never })];
  for (const tail of [[0x0a], [0x0d, 0x0a], [0, 0, 0]]) {
    assert.doesNotThrow(() => decodeMetainfo(Uint8Array.from([...bytes, ...tail]), nodeDigests));
  }
  assert.throws(
    () => decodeMetainfo(Uint8Array.from([...bytes, 0x65]), nodeDigests),
    (error) => codeOf(error) === 'METAINFO_TRAILING_BYTES',
  );
});

test('the decoded torrent keeps no view of its input', () => {
  const { bytes } = buildTorrent([{ path: 'a', content: content(50_000, 1) }], {
    format: 'hybrid',
    similar: [new Uint8Array(20)],
  });
  const input = bytes.slice();
  const torrent = decodeMetainfo(input, nodeDigests);
  const before = JSON.stringify(torrent, viewsAsHex);
  input.fill(0);
  assert.equal(JSON.stringify(torrent, viewsAsHex), before);
  const info = bytes.slice(bytes.indexOf(0x64, 1));
  assert.notEqual(torrent.info.raw.buffer, info.buffer);
});

const viewsAsHex = (_key: string, value: unknown): unknown => {
  if (value instanceof Map) return [...value];
  return value instanceof Uint8Array ? toHex(value) : value;
};

test('an info dictionary from peers decodes as it does within its torrent', () => {
  const { bytes } = buildTorrent([{ path: 'a', content: content(50_000, 1) }], { format: 'hybrid' });
  const { info, infoHashes } = decodeMetainfo(bytes, nodeDigests);
  assert.deepEqual(decodeInfo(info.raw, nodeDigests), { info, infoHashes });
});

test('a torrent cut at any byte is refused as truncated', () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    const { bytes } = buildTorrent(
      [
        { path: 'a', content: content(40_000, 1) },
        { path: 'b', content: content(3, 2) },
      ],
      { format },
    );
    for (let end = 0; end < bytes.length; end++) {
      const decodeCut = (): unknown => decodeMetainfo(bytes.subarray(0, end), nodeDigests);
      assert.throws(decodeCut, (error) => codeOf(error) === 'BENCODE_TRUNCATED', `cut at ${end}`);
    }
  }
});

test('damaged torrents and garbage raise only documented errors', () => {
  const torrents = (['v1', 'v2', 'hybrid'] as const).map(
    (format) =>
      buildTorrent(
        [
          { path: 'a', content: content(40_000, 1) },
          { path: 'd/b', content: content(0, 2), symlink: ['x'] },
        ],
        { format },
      ).bytes,
  );
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'remove'));
  const damaged = fc.tuple(fc.constantFrom(...torrents), fc.array(change, { maxLength: 4 })).map(([bytes, changes]) => {
    const copy = [...bytes];
    for (const [place, byte, kind] of changes)
      copy.splice(place % copy.length, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]));
    return Uint8Array.from(copy);
  });
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: damaged }, fc.uint8Array({ maxLength: 99 })), (bytes) => {
      try {
        decodeMetainfo(bytes, nodeDigests);
      } catch (error) {
        const code = codeOf(error) ?? '';
        assert.ok(code in metainfoErrors || code in bencodeErrors, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
