/** BEP 47: pad files, attributes and symlinks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../../base/errors.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { encode, type Encodable } from '../bencode/index.ts';
import { decodeMetainfo } from './decode.ts';
import type { Info } from './metainfo.ts';

function infoOf(files: Record<string, Encodable>[]): Info {
  const length = files.reduce((sum, file) => sum + (typeof file['length'] === 'number' ? file['length'] : 0), 0);
  const pieces = new Uint8Array(20 * Math.ceil(length / 16384));
  return decodeMetainfo(encode({ info: { name: 'n', files, 'piece length': 16384, pieces } }), nodeDigests).info;
}

const real = { length: 10, path: ['a'] };
const linkTo = (...target: Encodable[]): Record<string, Encodable> => ({
  attr: 'l',
  length: 0,
  path: ['l'],
  'symlink path': target,
});
const symlinkOf = (...target: Encodable[]): unknown => infoOf([real, linkTo(...target)]).files[1]?.symlink;

test('attributes come in any order, and unknown letters are ignored', () => {
  const { files } = infoOf([
    { ...real, attr: 'xh' },
    { ...real, path: ['b'], attr: 'hqx7' },
    { ...real, path: ['c'], attr: '' },
  ]);
  assert.deepEqual(
    files.map((file) => [file.isExecutable, file.isHidden, file.isPad]),
    [
      [true, true, false],
      [true, true, false],
      [false, false, false],
    ],
  );
});

test('a pad file takes room in the piece space but is no part of the size', () => {
  const info = infoOf([real, { attr: 'p', length: 16374, path: ['.pad', '16374'] }, { ...real, path: ['b'] }]);
  assert.deepEqual([info.length, info.totalSize, info.files[2]?.offset], [16394, 20, 16384]);
});

test('a pad file needs no path, other files do', () => {
  assert.deepEqual(infoOf([real, { attr: 'p', length: 5 }]).files[1]?.originalPath, ['.pad', '5']);
  assert.throws(
    () => infoOf([real, { length: 5 }]),
    (error) => codeOf(error) === 'METAINFO_PATH_INVALID',
  );
});

test('pad files of the same size do not count as duplicates', () => {
  const pad = { attr: 'p', length: 16374, path: ['.pad', '16374'] };
  const { files } = infoOf([real, pad, { ...real, path: ['b'] }, pad, { ...real, path: ['c'] }]);
  assert.deepEqual(
    files.map((file) => file.path.at(-1)),
    ['a', '16374', 'b', '16374', 'c'],
  );
});

test('BitComet names its pads instead of marking them', () => {
  const { files } = infoOf([real, { length: 5, path: ['_____padding_file_0_if you see this file_____'] }]);
  assert.deepEqual(
    files.map((file) => file.isPad),
    [false, true],
  );
});

test('a symlink is empty, whatever length it claims, and its target lies below the folder', () => {
  const { files } = infoOf([real, { ...linkTo('dir1', 'target.ext'), length: undefined as never }]);
  assert.deepEqual([files[1]?.length, files[1]?.symlink], [0, ['dir1', 'target.ext']]);
});

test('a target cannot climb, be absolute or be the folder itself', () => {
  assert.deepEqual(symlinkOf('..', '..', 'etc', 'passwd'), ['etc', 'passwd']);
  assert.deepEqual(symlinkOf('/etc/passwd'), ['_etc_passwd']);
  assert.deepEqual(symlinkOf('..\\x', 'C:'), ['.._x', 'C_']);
  assert.deepEqual(symlinkOf('.\u200b.', 'x'), ['_', 'x']);
  assert.equal(symlinkOf('..'), null);
  assert.equal(symlinkOf('.', '..'), null);
  assert.equal(symlinkOf(), null);
});

test('a target and the file it names become safe in the same way', () => {
  const { files } = infoOf([{ length: 10, path: ['d:', 'x?'] }, linkTo('d:', 'x?')]);
  assert.deepEqual(files[1]?.symlink, files[0]?.path.slice(1));
});

test('a target relative to its link is corrected when only so it names something', () => {
  const link = (path: string[], target: string[]): Record<string, Encodable> => ({ ...linkTo(...target), path });
  const { files } = infoOf([
    { length: 1, path: ['v', 'A', 'x'] },
    link(['v', 'current'], ['A']),
    link(['v', 'y'], ['v', 'A']),
    link(['x'], ['v', 'current', 'x']),
  ]);
  assert.deepEqual(
    files.slice(1).map((file) => file.symlink?.join('/')),
    ['v/A', 'v/A', 'v/current/x'],
  );
});

test('a malformed target is refused, a missing one leaves an empty file', () => {
  assert.throws(
    () => symlinkOf('a', 4),
    (error) => codeOf(error) === 'METAINFO_PATH_INVALID',
  );
  const malformed = [real, { attr: 'l', length: 0, path: ['l'], 'symlink path': 'a' }];
  assert.throws(
    () => infoOf(malformed),
    (error) => codeOf(error) === 'METAINFO_FILE_INVALID',
  );
  assert.equal(infoOf([real, { attr: 'l', length: 0, path: ['l'] }]).files[1]?.symlink, null);
});

test('a file below a symlink makes the symlink step aside', () => {
  const { files } = infoOf([real, linkTo('a'), { length: 1, path: ['l', 'x'] }]);
  assert.deepEqual(
    files.map((file) => file.path.join('/')),
    ['n/a', 'n/l.1', 'n/l/x'],
  );
});
