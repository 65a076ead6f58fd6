/**
 * Torrents that a careless client would stumble over: one for each rule of BEP 3, 12, 38, 47 and 52 that can be
 * broken, and for each trick with sizes, nesting and names. Each is either refused with the code of its rule, or read
 * with the paths given here. All bytes are made by the code below.
 */
import { concat, utf8 } from '../../src/base/bytes.ts';
import { type Encodable, Encoded, encode } from '../../src/codec/bencode/index.ts';
import { buildTorrent, content } from './build-torrent.ts';

export interface RefusedTorrent {
  readonly name: string;
  readonly bytes: () => Uint8Array;
  /** The code with which it is refused. */
  readonly code: string;
}

export interface ReadTorrent {
  readonly name: string;
  readonly bytes: () => Uint8Array;
  /** The safe paths of its files, in order, with the targets of symlinks. */
  readonly paths: readonly string[];
}

/** By the code, what is wrong with a torrent → its bytes. */
type Refused = Readonly<Record<string, Readonly<Record<string, () => Uint8Array>>>>;
type Read = readonly (readonly [name: string, bytes: () => Uint8Array, paths: readonly string[]])[];

type Dict = Record<string, Encodable | undefined>;

const KiB = 1024;
const hash = 'aaaaaaaaaaaaaaaaaaaa';
const root = utf8('r'.repeat(32));

/** A valid v1 torrent of one file of 16 KiB but for the keys given. */
const v1 = (changes: Dict): Uint8Array =>
  encode({ info: { name: 'n', length: 16 * KiB, 'piece length': 16 * KiB, pieces: utf8(hash), ...changes } });

/** A valid v1 torrent of a folder with one file but for the keys given. */
const v1Folder = (files: Encodable, changes: Dict = {}): Uint8Array => v1({ length: undefined, files, ...changes });

/** A v1 folder of files of one byte with these paths. */
const named = (...paths: readonly (readonly (string | Uint8Array)[])[]): Uint8Array =>
  v1Folder(paths.map((path) => ({ length: 1, path })));

/** A valid v2 torrent of one file of 1000 bytes but for the keys given. */
const v2 = (changes: Dict): Uint8Array =>
  encode({
    info: { name: 'n', 'meta version': 2, 'piece length': 16 * KiB, 'file tree': { f: leaf({}) }, ...changes },
    'piece layers': {},
  });

const leaf = (changes: Dict): Encodable => ({ '': { length: 1000, 'pieces root': root, ...changes } });

/** A v2 torrent of one file with these attributes. */
const v2File = (changes: Dict): Uint8Array => v2({ 'file tree': { f: leaf(changes) } });

/** A torrent with a genuine piece layer, changed by `change`. */
function withLayers(change: (root: Uint8Array, layer: Uint8Array) => Encodable): Uint8Array {
  const { plan, hashes } = buildTorrent([{ path: 'f', content: content(100 * KiB, 1) }], { format: 'v2' });
  const file = hashes.files[0];
  if (!file) throw new Error('no hashes');
  const info = {
    name: 'n',
    'meta version': 2,
    'piece length': plan.pieceLength,
    'file tree': { f: { '': { length: 100 * KiB, 'pieces root': file.root } } },
  };
  return encode({ info, 'piece layers': change(file.root, file.pieceLayer) });
}

/** A hybrid torrent of two files, its v1 and v2 parts changed apart. */
function hybrid(changes: { files?: Encodable; tree?: Encodable; pieces?: number; other?: Dict }): Uint8Array {
  const files: Encodable = [
    { length: 1000, path: ['a'] },
    { attr: 'p', length: 16 * KiB - 1000, path: ['.pad', '15384'] },
    { length: 1000, path: ['b'] },
  ];
  const info = {
    name: 'n',
    'meta version': 2,
    'piece length': 16 * KiB,
    'file tree': changes.tree ?? { a: leaf({}), b: leaf({}) },
    files: changes.files ?? files,
    pieces: utf8(hash.repeat(changes.pieces ?? 2)),
    ...changes.other,
  };
  return encode({ info, 'piece layers': {} });
}

const nested = (depth: number, innermost: Encodable): Encodable => {
  let tree = innermost;
  for (let i = 0; i < depth; i++) tree = { d: tree };
  return tree;
};

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

/** A torrent whose text is written by hand, for what no encoder makes. */
const raw = (text: string): Uint8Array => utf8(text);
const rawInfo = (info: string): Uint8Array => raw(`d4:info${info}e`);
const tail = `12:piece lengthi16384e6:pieces20:${hash}`;

const repeated = (text: string, count: number): Uint8Array => {
  const unit = utf8(text);
  const bytes = new Uint8Array(unit.length * count);
  bytes.set(unit);
  for (let filled = unit.length; filled < bytes.length; filled *= 2) bytes.copyWithin(filled, 0, filled);
  return bytes;
};

const bencoding: Refused = {
  BENCODE_TRUNCATED: {
    nothing: () => raw(''),
    'a string longer than the file': () => rawInfo(`d4:name4294967295:n${tail}e`),
    'a string length of 30 digits': () => rawInfo(`d4:name${'9'.repeat(30)}:n${tail}e`),
  },
  BENCODE_SYNTAX: {
    'a web page': () => raw('<!DOCTYPE html><html></html>'),
    'an exponent': () => rawInfo(`d6:lengthi1e4e4:name1:n${tail}e`),
    'a string length with a leading zero': () => rawInfo(`d4:name01:n${tail}e`),
    'a negative string length': () => rawInfo(`d4:name-1:n${tail}e`),
    'a key that is an integer': () => raw('di1ei2ee'),
  },
  METAINFO_NOT_A_DICTIONARY: {
    'a list': () => raw('le'),
    'an integer': () => raw('i1e'),
  },
  METAINFO_TRAILING_BYTES: {
    'bytes appended': () => concat([v1({}), raw('garbage')]),
    'a second torrent appended': () => concat([v1({}), v1({})]),
  },
  BENCODE_TOO_DEEP: {
    '100,000 lists in each other': () => new Uint8Array(100_000).fill(0x6c),
    '100,000 dictionaries in each other': () => repeated('d1:a', 100_000),
    'deep nesting in a key nobody reads': () => raw(`d1:x${'l'.repeat(200)}${'e'.repeat(200)}e`),
  },
  BENCODE_TOO_MANY_TOKENS: {
    '10 million empty strings': () => concat([raw('d1:xl'), repeated('0:', 10_000_000), raw('ee')]),
    '10 million empty lists': () => concat([raw('d1:xl'), repeated('le', 10_000_000), raw('ee')]),
    '10 million integers': () => concat([raw('d1:xl'), repeated('i0e', 10_000_000), raw('ee')]),
  },
  BENCODE_TOO_LARGE: {
    'more than 64 MiB': () => concat([raw('d1:x67108864:'), new Uint8Array(67108864), raw('e')]),
  },
  BENCODE_BAD_INTEGER: {
    'an integer of 999 digits': () => rawInfo(`d6:lengthi1${'0'.repeat(999)}e4:name1:n${tail}e`),
    'negative zero': () => rawInfo(`d6:lengthi-0e4:name1:n${tail}e`),
    'a leading zero': () => rawInfo(`d6:lengthi016384e4:name1:n${tail}e`),
  },
  BENCODE_DUPLICATE_KEY: {
    'two names': () => rawInfo(`d6:lengthi16384e4:name1:a4:name1:b${tail}e`),
    'two names apart': () => rawInfo(`d4:name1:a6:lengthi16384e4:name1:b${tail}e`),
    'two infos': () => raw('d4:infode4:infodee'),
  },
  BENCODE_UNSORTED_KEYS: {
    'unsorted keys in a v2 info': () => rawInfo('d12:meta versioni2e9:file treedee'),
    'unsorted names in a v2 tree': () => rawInfo('d9:file treed1:bde1:adee12:meta versioni2ee'),
  },
};

const v1Rules: Refused = {
  METAINFO_INFO_MISSING: {
    'no info': () => encode({ announce: 'http://t/' }),
    'an info that is a string': () => encode({ info: 'x' }),
    'an info that is a list': () => encode({ info: [] }),
  },
  METAINFO_PIECE_LENGTH: {
    'an empty info': () => encode({ info: {} }),
    'no piece length': () => v1({ 'piece length': undefined }),
    'a piece length of 0': () => v1({ 'piece length': 0 }),
    'a negative piece length': () => v1({ 'piece length': -16384 }),
    'a piece length of 2^31': () => v1({ 'piece length': 2 ** 31 }),
    'a piece length of 2^64': () => v1({ 'piece length': 2n ** 64n }),
    'a piece length that is a string': () => v1({ 'piece length': '16384' }),
  },
  METAINFO_NAME_MISSING: {
    'no name': () => v1({ name: undefined }),
    'a name that is an integer': () => v1({ name: 7 }),
  },
  METAINFO_LENGTH_OR_FILES: {
    'neither length nor files': () => v1({ length: undefined }),
    'both length and files': () => v1({ files: [{ length: 16384, path: ['a'] }] }),
  },
  METAINFO_FILE_LENGTH: {
    'a negative length': () => v1({ length: -1 }),
    'a length of 2^60': () => v1({ length: 2n ** 60n }),
    'a length that is a string': () => v1({ length: '1' }),
    '8 EiB in one piece hash': () => v1({ length: 2n ** 63n - 1n }),
    'a file without length': () => v1Folder([{ path: ['a'] }]),
    'a file of negative length': () =>
      v1Folder([
        { length: -5, path: ['a'] },
        { length: 10, path: ['b'] },
      ]),
  },
  METAINFO_NO_DATA: {
    'a length of 0': () => v1({ length: 0, pieces: '' }),
    'only empty files': () => v1Folder([{ length: 0, path: ['a'] }], { pieces: '' }),
    'only pads': () => v1Folder([{ attr: 'p', length: 5, path: ['a'] }]),
  },
  METAINFO_TOO_MANY_PIECES: {
    '2^53 - 1 bytes': () => v1({ length: Number.MAX_SAFE_INTEGER }),
    '2^32 pieces': () => v1({ length: 2 ** 46 }),
    'pieces of one byte': () => v1({ length: 2 ** 30, 'piece length': 1 }),
  },
  METAINFO_TOTAL_LENGTH: {
    'lengths whose sum overflows': () =>
      v1Folder([
        { length: 2 ** 53 - 1, path: ['a'] },
        { length: 2 ** 53 - 1, path: ['b'] },
      ]),
  },
  METAINFO_FILE_INVALID: {
    'files that are a dictionary': () => v1Folder({}),
    'a file that is a string': () => v1Folder(['a']),
    'a symlink target that is a string': () =>
      v1Folder([
        { length: 1, path: ['a'] },
        { attr: 'l', path: ['b'], 'symlink path': '/etc' },
      ]),
  },
  METAINFO_NO_FILES: {
    'no files': () => v1Folder([]),
  },
  METAINFO_PATH_INVALID: {
    'a file without path': () => v1Folder([{ length: 1 }]),
    'a file with an empty path': () => v1Folder([{ length: 1, path: [] }]),
    'a path that is a string': () => v1Folder([{ length: 1, path: 'a' }]),
    'a path with an integer': () => v1Folder([{ length: 1, path: ['a', 1] }]),
    'a symlink target with an integer': () =>
      v1Folder([
        { length: 1, path: ['a'] },
        { attr: 'l', path: ['b'], 'symlink path': ['a', 4] },
      ]),
  },
  METAINFO_PATH_TOO_DEEP: {
    'a path of 101 elements': () => named(Array.from({ length: 101 }, () => 'd')),
  },
  METAINFO_PIECES_MISSING: {
    'no pieces': () => v1({ pieces: undefined }),
    'pieces that are a list': () => v1({ pieces: [hash] }),
  },
  METAINFO_PIECES_LENGTH: {
    'half a piece hash': () => v1({ pieces: hash + hash.slice(10) }),
  },
  METAINFO_PIECES_COUNT: {
    'a piece hash too many': () => v1({ pieces: hash + hash }),
    'a piece hash too few': () => v1({ length: 16385 }),
  },
};

const v2Rules: Refused = {
  METAINFO_UNKNOWN_VERSION: {
    'meta version 3': () => encode({ info: { 'meta version': 3 } }),
    'meta version 0': () => v2({ 'meta version': 0 }),
    'a meta version that is a string': () => v2({ 'meta version': '2' }),
    'meta version 2^64 + 2': () => v2({ 'meta version': 2n ** 64n + 2n }),
  },
  METAINFO_VERSION_MISSING: {
    'a file tree without meta version': () => v2({ 'meta version': undefined }),
  },
  METAINFO_PIECE_LENGTH: {
    'pieces of 8 KiB': () => v2({ 'piece length': 8 * KiB }),
    'pieces of 48 KiB': () => v2({ 'piece length': 48 * KiB }),
    'pieces of 1 GiB': () => v2({ 'piece length': 2 ** 30 }),
  },
  METAINFO_FILE_TREE_INVALID: {
    'no file tree': () => v2({ 'file tree': undefined }),
    'a file tree that is a list': () => v2({ 'file tree': [] }),
    'a root that is a file': () => v2({ 'file tree': leaf({}) }),
    'a file with a sibling entry': () => v2({ 'file tree': { f: { '': { length: 0 }, g: leaf({}) } } }),
    'a name that leads to a string': () => v2({ 'file tree': { f: 'x' } }),
    'a file that is a list': () => v2({ 'file tree': { f: { '': [] } } }),
  },
  METAINFO_NO_FILES: {
    'an empty file tree': () => v2({ 'file tree': {} }),
    'only empty folders': () => v2({ 'file tree': { a: { b: {} } } }),
  },
  METAINFO_FILE_LENGTH: {
    'an empty name in the tree': () => v2({ 'file tree': { d: { '': { '': { length: 1 } } } } }),
    'no length': () => v2File({ length: undefined }),
    'a negative v2 length': () => v2File({ length: -1 }),
    'a v2 length of 2^60': () => v2File({ length: 2n ** 60n }),
  },
  METAINFO_FILE_TREE_PAD: {
    'a pad file in the tree': () => v2File({ attr: 'p' }),
  },
  METAINFO_TOO_MANY_PIECES: {
    'a v2 file of 2^46 bytes': () => v2File({ length: 2 ** 46 }),
  },
  METAINFO_TOTAL_LENGTH: {
    'v2 lengths whose sum overflows': () =>
      v2({ 'file tree': { a: leaf({ length: 2 ** 53 - 1 }), b: leaf({ length: 2 ** 53 - 1 }) } }),
  },
  METAINFO_NO_DATA: {
    'an empty v2 torrent': () => v2File({ length: 0 }),
  },
  METAINFO_PIECES_ROOT: {
    'no merkle root': () => v2File({ 'pieces root': undefined }),
    'a merkle root of zeros': () => v2File({ 'pieces root': new Uint8Array(32) }),
    'a merkle root of 20 bytes': () => v2File({ 'pieces root': new Uint8Array(20).fill(1) }),
    'a merkle root that is a list': () => v2File({ 'pieces root': [root] }),
    'one merkle root for two lengths': () =>
      v2({ 'file tree': { a: leaf({ length: 20 * KiB }), b: leaf({ length: 40 * KiB }) } }),
  },
  BENCODE_TOO_DEEP: {
    'a tree deeper than decoders go': () => v2({ 'file tree': nested(120, leaf({})) }),
  },
  METAINFO_PIECE_LAYER_INVALID: {
    'piece layers that are a list': () => withLayers(() => []),
    'a piece layer that is a list': () => withLayers((key) => new Map([[key, []]])),
    'a piece layer of 33 bytes': () => withLayers((key) => new Map([[key, new Uint8Array(33)]])),
    'a piece layer too short': () => withLayers((key, layer) => new Map([[key, layer.subarray(32)]])),
    'a piece layer with its pads': () =>
      withLayers((key, layer) => new Map([[key, concat([layer, new Uint8Array(32)])]])),
    'a piece layer of another root': () => withLayers((key, layer) => new Map([[flip(key, 0), layer]])),
    'a piece layer too many': () =>
      withLayers(
        (key, layer) =>
          new Map([
            [key, layer],
            [flip(key, 3), layer],
          ]),
      ),
    'a piece layer under a short key': () => withLayers((key, layer) => new Map([[key.subarray(1), layer]])),
  },
  METAINFO_PIECE_LAYER_ROOT: {
    'a piece layer with a wrong hash': () => withLayers((key, layer) => new Map([[key, flip(layer, 5)]])),
  },
};

const pad = { attr: 'p', length: 16 * KiB - 1000, path: ['.pad', '15384'] };
const fileA = { length: 1000, path: ['a'] };
const fileB = { length: 1000, path: ['b'] };

const hybridRules: Refused = {
  METAINFO_HYBRID_MISMATCH: {
    'v1 has a file more': () => hybrid({ files: [fileA, pad, fileB, { length: 1, path: ['c'] }] }),
    'v2 has a file more': () => hybrid({ tree: { a: leaf({}), b: leaf({}), c: leaf({}) } }),
    'v2 has an empty file more': () => hybrid({ tree: { a: leaf({}), b: leaf({}), c: leaf({ length: 0 }) } }),
    'a file has two lengths': () => hybrid({ files: [fileA, pad, { ...fileB, length: 999 }] }),
    'a file has two names': () => hybrid({ files: [fileA, pad, { ...fileB, path: ['B'] }] }),
    'a file has two folders': () => hybrid({ files: [fileA, pad, { ...fileB, path: ['d', 'b'] }] }),
    'another order': () => hybrid({ files: [fileB, pad, fileA] }),
    'a pad is missing': () => hybrid({ files: [fileA, fileB], pieces: 1 }),
    'a pad is too short': () => hybrid({ files: [fileA, { ...pad, length: 5 }, fileB], pieces: 1 }),
    'a pad is a piece too long': () =>
      hybrid({ files: [fileA, { ...pad, length: 32 * KiB - 1000 }, fileB], pieces: 3 }),
    'a pad behind the last file makes a piece more': () =>
      hybrid({ files: [fileA, pad, fileB, { ...pad, length: 16 * KiB }], pieces: 3 }),
    'a pad stands first': () => hybrid({ files: [{ ...pad, length: 16 * KiB }, fileA, pad, fileB], pieces: 3 }),
    'v1 is a single file, v2 a folder': () => hybrid({ other: { files: undefined, length: 2000 }, pieces: 1 }),
    'the single file has two names': () =>
      hybrid({ tree: { a: leaf({}) }, other: { files: undefined, length: 1000 }, pieces: 1 }),
  },
  METAINFO_PIECES_MISSING: {
    'v1 files without v1 pieces': () => hybrid({ other: { pieces: undefined } }),
  },
  METAINFO_PIECES_COUNT: {
    'v1 pieces of another count': () => hybrid({ pieces: 3 }),
  },
};

const overlong = Uint8Array.of(0xc0, 0xae, 0xc0, 0xae);

const names: Read = [
  ['traversal in a path', () => named(['..', '..', 'etc', 'passwd']), ['n/_/_/etc/passwd']],
  ['traversal in one element', () => named(['../../etc/passwd']), ['n/.._.._etc_passwd']],
  ['traversal with backslashes', () => named(['..\\..\\windows\\x.dll']), ['n/.._.._windows_x.dll']],
  ['traversal in the name', () => v1({ name: '../../x' }), ['.._.._x']],
  ['an absolute name', () => v1({ name: '/etc/passwd' }), ['_etc_passwd']],
  ['an absolute path', () => named(['/', 'etc', '/passwd']), ['n/_/etc/_passwd']],
  ['a drive', () => named(['C:', 'x']), ['n/C_/x']],
  ['a UNC path', () => named(['\\\\server\\share']), ['n/__server_share']],
  ['a stream of NTFS', () => named(['a.txt::$DATA']), ['n/a.txt__$DATA']],
  ['an empty element', () => named(['', 'a']), ['n/_/a']],
  ['only an empty element', () => named(['']), ['n/_']],
  ['NUL', () => named(['a\0.txt']), ['n/a_.txt']],
  ['controls and escapes', () => named(['\x1b[2Ja\r\nb']), ['n/_[2Ja__b']],
  ['an overlong dot dot', () => named([overlong, 'x']), ['n/____/x']],
  ['invalid UTF-8', () => named([Uint8Array.of(0xff, 0xfe, 0x61)]), ['n/__a']],
  ['a right-to-left override', () => named(['photo\u202egpj.exe']), ['n/photogpj.exe']],
  ['a name hidden by zero-width characters', () => named(['.\u200b.', 'x']), ['n/_/x']],
  [
    'device names',
    () => named(['CON'], ['aux.txt'], ['Lpt\u00b9'], ['nul', 'x']),
    ['n/_CON', 'n/_aux.txt', 'n/_Lpt\u00b9', 'n/_nul/x'],
  ],
  ['dots and spaces at the end', () => named(['a. .'], ['a ']), ['n/a', 'n/a.1']],
  ['a name of 1000 bytes', () => named([`${'x'.repeat(1000)}.mkv`]), [`n/${'x'.repeat(251)}.mkv`]],
  [
    'two long names that are cut to one',
    () => named([`${'x'.repeat(300)}1`], [`${'x'.repeat(300)}2`]),
    [`n/${'x'.repeat(255)}`, `n/${'x'.repeat(253)}.1`],
  ],
  ['the same path twice', () => named(['d', 'a.txt'], ['d', 'a.txt']), ['n/d/a.txt', 'n/d/a.1.txt']],
  ['paths that differ in case', () => named(['D', 'A.txt'], ['d', 'a.TXT']), ['n/D/A.txt', 'n/d/a.1.TXT']],
  ['paths that differ in normalisation', () => named(['\u00fc'], ['u\u0308']), ['n/\u00fc', 'n/u\u0308.1']],
  ['paths that are the same only when safe', () => named(['a:b'], ['a?b'], ['a_b']), ['n/a_b', 'n/a_b.1', 'n/a_b.2']],
  ['a file where a folder is', () => named(['d'], ['d', 'x'], ['D']), ['n/d.1', 'n/d/x', 'n/D.2']],
  [
    'a v2 tree with names to make safe',
    () => v2({ 'file tree': { '..': { 'a/b': leaf({}) }, CON: leaf({}) } }),
    ['n/_/a_b', 'n/_CON'],
  ],
  ['a v2 single file called dot dot', () => v2({ 'file tree': { '..': leaf({}) } }), ['n']],
  [
    'a target outside of the folder',
    () =>
      v1Folder([
        { length: 1, path: ['a'] },
        { attr: 'l', path: ['b'], 'symlink path': ['..', '..', 'etc', 'passwd'] },
      ]),
    ['n/a', 'n/b -> etc/passwd'],
  ],
  [
    'a folder of links to write through',
    () =>
      v1Folder([
        { attr: 'l', path: ['d'], 'symlink path': ['..', 'x'] },
        { length: 1, path: ['d', 'a'] },
      ]),
    ['n/d.1 -> x', 'n/d/a'],
  ],
];

const nameRules: Refused = {
  METAINFO_TOO_MANY_DUPLICATES: {
    '200 files of one name': () => named(...Array.from({ length: 200 }, () => ['a'])),
  },
};

const lenient: Read = [
  [
    'rubbish in every key that is not needed',
    () =>
      encode({
        announce: 5,
        'announce-list': [[1, []], 'x', {}],
        'url-list': { a: 1 },
        httpseeds: [[]],
        nodes: [[], [1, 'x'], {}],
        comment: [],
        'created by': {},
        'creation date': 'today',
        similar: 'x',
        collections: 7,
        info: {
          name: 'n',
          length: 1,
          'piece length': 16384,
          pieces: utf8(hash),
          source: [],
          similar: [[]],
          collections: {},
        },
      }),
    ['n'],
  ],
  ['unsorted keys in a v1 torrent', () => raw(`d4:infod4:name1:n6:lengthi16384e${tail}e8:announce0:e`), ['n']],
  [
    'a __proto__ key',
    () =>
      encode(
        new Map<string, Encodable>([
          ['__proto__', {}],
          ['info', new Encoded(encodeInfo())],
        ]),
      ),
    ['__proto__'],
  ],
];

function encodeInfo(): Uint8Array {
  return encode({ name: '__proto__', length: 1, 'piece length': 16384, pieces: utf8(hash) });
}

/** Those that are refused. */
export const refusedTorrents: readonly RefusedTorrent[] = [bencoding, v1Rules, v2Rules, hybridRules, nameRules].flatMap(
  (table) =>
    Object.entries(table).flatMap(([code, rows]) =>
      Object.entries(rows).map(([name, bytes]) => ({ name, bytes, code })),
    ),
);

/** Those that are read, after their names were made safe. */
export const readTorrents: readonly ReadTorrent[] = [...names, ...lenient].map(([name, bytes, paths]) => ({
  name,
  bytes,
  paths,
}));
