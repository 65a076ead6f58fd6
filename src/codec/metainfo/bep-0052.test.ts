/**
 * BEP 52. The info hashes are what the reference creator that is published beside the BEP computes for the same
 * contents (byte i of a file is (7 i + s) mod 251), so creation, decoding and hashing agree with it byte by byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTorrent, type BuildOptions, type ContentFile } from '../../../test/conformance/build-torrent.ts';
import { fromHex, toHex, toText, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { decodeDict, type Encodable, Encoded, encode } from '../bencode/index.ts';
import { decodeMetainfo } from './decode.ts';
import type { Metainfo } from './metainfo.ts';

const bytes = (length: number, s: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + s) % 251);

const folder: readonly ContentFile[] = [
  { path: 'a.bin', content: bytes(100_000, 1) },
  { path: 'b.bin', content: bytes(0, 2) },
  { path: 'dir/c.bin', content: bytes(16_384, 3) },
  { path: 'dir/d.bin', content: bytes(40_000, 4) },
  { path: 'e.bin', content: bytes(10, 5) },
];
const single: readonly ContentFile[] = [{ path: 'single.bin', content: bytes(100_000, 1) }];

const torrentOf = (files: readonly ContentFile[], options: BuildOptions): Metainfo =>
  decodeMetainfo(buildTorrent(files, options).bytes, nodeDigests);

const hashesOf = ({ infoHashes: { v1, v2 } }: Metainfo): (string | null)[] => [v1 && toHex(v1), v2 && toHex(v2)];

test('a hybrid torrent of a folder has the hashes of the reference creator', () => {
  assert.deepEqual(hashesOf(torrentOf(folder, { format: 'hybrid', pieceLength: 32768 })), [
    '5b9bdd973c69e85b1d6dbb85a3316c5af3fdf65b',
    'af12d34fa1b11a96d84e3026b8fdb66b3edfc245905ee6278411679fac371abd',
  ]);
});

test('a v2 torrent of a folder has the hash of the reference creator', () => {
  assert.deepEqual(hashesOf(torrentOf(folder, { format: 'v2', pieceLength: 32768 })), [
    null,
    '7eb390f9afb6b0212098d092d802040a27d548f658f5df25b55c8c8398c197d5',
  ]);
});

test('torrents of a single file have the hashes of the reference creator', () => {
  const options = { name: 'single.bin', isSingleFile: true, pieceLength: 16384 };
  assert.deepEqual(hashesOf(torrentOf(single, { ...options, format: 'hybrid' })), [
    '5c34bc5cdb381a6a45e921cf727bad7b32b9910b',
    'a135679ec522e53b4ba0472ad4ae9dc4ec71c547a68f55db6a12688b1d5dd456',
  ]);
  assert.deepEqual(hashesOf(torrentOf(single, { ...options, format: 'v2' })), [
    null,
    'd9051500bf9c677c2f9498d3e66ddacdff9679163bc49edceecd2166d4243be8',
  ]);
});

test('files of a v2 torrent begin at piece boundaries, in the order of the tree', () => {
  const { info } = torrentOf(folder, { format: 'v2', pieceLength: 32768 });
  assert.deepEqual(
    info.files.map((file) => [file.path.join('/'), file.offset]),
    [
      ['sample/a.bin', 0],
      ['sample/b.bin', 100_000],
      ['sample/dir/c.bin', 131_072],
      ['sample/dir/d.bin', 163_840],
      ['sample/e.bin', 229_376],
    ],
  );
  assert.deepEqual([info.pieceCount, info.length, info.totalSize], [8, 229_386, 156_394]);
});

const root = 'a'.repeat(32);
const fileWith = (rest: string): string => `d0:d${rest}ee`;
const oneFile = fileWith(`6:lengthi1024e11:pieces root32:${root}`);
const infoWith = (tree: string): Uint8Array =>
  utf8(`d4:infod9:file tree${tree}12:meta versioni2e4:name1:n12:piece lengthi16384eee`);

test('the example tree is a torrent of one file under two folders', () => {
  const { info } = decodeMetainfo(infoWith(`d4:dir1d4:dir2d9:fileA.txt${oneFile}eee`), nodeDigests);
  assert.deepEqual(
    info.files.map((file) => file.path),
    [['n', 'dir1', 'dir2', 'fileA.txt']],
  );
  assert.deepEqual(info.files[0]?.piecesRoot, utf8(root));
});

test('a tree of one file at the root is a single-file torrent, any other has a folder', () => {
  const pathsOf = (tree: string): string[] =>
    decodeMetainfo(infoWith(tree), nodeDigests).info.files.map((file) => file.path.join('/'));
  assert.deepEqual(pathsOf(`d8:name.ext${oneFile}e`), ['name.ext']);
  assert.deepEqual(pathsOf(`d9:nameA.ext${oneFile}9:nameB.ext${oneFile}e`), ['n/nameA.ext', 'n/nameB.ext']);
  assert.deepEqual(pathsOf(`d3:dird9:nameA.ext${oneFile}9:nameB.ext${oneFile}ee`), [
    'n/dir/nameA.ext',
    'n/dir/nameB.ext',
  ]);
});

test('a newer meta version is told before anything else is looked at', () => {
  const decode = (): unknown => decodeMetainfo(utf8('d4:infod12:meta versioni3eee'), nodeDigests);
  assert.throws(decode, (error) => codeOf(error) === 'METAINFO_UNKNOWN_VERSION');
});

test('piece layers may be missing, whole or in part', () => {
  const { bytes: whole } = buildTorrent([...folder, { path: 'f.bin', content: bytes(50_000, 6) }], { format: 'v2' });
  const { pieceLayers } = decodeMetainfo(whole, nodeDigests);
  assert.equal(pieceLayers.size, 3);
  const [first] = [...pieceLayers];
  assert.ok(first !== undefined);
  const withLayers = (layers: Encodable | undefined): Metainfo => {
    const members = Array.from(decodeDict(whole)?.rawEntries() ?? [], ([key, value]) => [
      toText(key),
      new Encoded(value),
    ]);
    return decodeMetainfo(encode({ ...Object.fromEntries(members), 'piece layers': layers }), nodeDigests);
  };
  assert.deepEqual([...withLayers(new Map([[fromHex(first[0]) ?? '', first[1]]])).pieceLayers], [first]);
  assert.equal(withLayers({}).pieceLayers.size, 0);
  assert.equal(withLayers(undefined).pieceLayers.size, 0);
});
