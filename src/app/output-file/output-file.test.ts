import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { OutputFile } from './output-file.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-output-'));
  path = join(folder, 'file');
});
afterEach(async () => await rm(folder, { recursive: true }));

async function write(text: string, options: { mayReplace: boolean; mode?: number }): Promise<void> {
  await using file = await OutputFile.create(path, options);
  await file.write(utf8(text));
  await file.commit();
}

test('a file is not there before it is committed, and then it is there whole', async () => {
  await using file = await OutputFile.create(path, { mayReplace: false });
  await file.write(utf8('one '));
  assert.equal((await readdir(folder)).includes('file'), false);
  await file.write(utf8('two'));
  await file.commit();
  assert.equal(await readFile(path, 'utf8'), 'one two');
});

test('what was not committed leaves nothing behind, and the old file as it was', async () => {
  await writeFile(path, 'old');
  {
    await using file = await OutputFile.create(path, { mayReplace: true });
    await file.write(utf8('new'));
  }
  assert.deepEqual(await readdir(folder), ['file']);
  assert.equal(await readFile(path, 'utf8'), 'old');
});

test('a file that exists is replaced only when that is wanted', async () => {
  await write('first', { mayReplace: false });
  await assert.rejects(write('second', { mayReplace: false }), (error) => codeOf(error) === 'EEXIST');
  assert.equal(await readFile(path, 'utf8'), 'first');
  await write('third', { mayReplace: true });
  assert.equal(await readFile(path, 'utf8'), 'third');
  assert.deepEqual(await readdir(folder), ['file']);
});

test('a file that comes there while another is written is not replaced', async () => {
  await using file = await OutputFile.create(path, { mayReplace: false });
  await file.write(utf8('ours'));
  await writeFile(path, 'theirs');
  await assert.rejects(file.commit(), (error) => codeOf(error) === 'EEXIST');
  assert.equal(await readFile(path, 'utf8'), 'theirs');
});

test('the permissions are those asked for, from the beginning', { skip: process.platform === 'win32' }, async () => {
  await using file = await OutputFile.create(path, { mayReplace: false, mode: 0o600 });
  const [temporary = ''] = await readdir(folder);
  assert.equal((await stat(join(folder, temporary))).mode & 0o777, 0o600);
  await file.commit();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('what a symbolic link points to is replaced, not the link', { skip: process.platform === 'win32' }, async () => {
  await writeFile(join(folder, 'real'), 'old');
  await symlink('real', path);
  await write('new', { mayReplace: true });
  assert.ok((await lstat(path)).isSymbolicLink());
  assert.equal(await readFile(join(folder, 'real'), 'utf8'), 'new');
});

test('a folder is not a file to write', async () => {
  await assert.rejects(OutputFile.create(folder, { mayReplace: true }), (error) => codeOf(error) === 'EISDIR');
});

test('a device is written in place', { skip: process.platform === 'win32' }, async () => {
  path = '/dev/null';
  await write('gone', { mayReplace: false });
  assert.ok((await stat(path)).isCharacterDevice());
});
