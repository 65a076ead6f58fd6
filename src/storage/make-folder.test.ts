import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'dst-make-folder-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a folder is made with those above it, and one that is there stays as it is', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder(path, 0o700);
  if (process.platform !== 'win32') assert.deepEqual([modeOf(path), modeOf(join(folder, 'a'))], [0o700, 0o700]);
  makeFolder(path, 0o755);
  if (process.platform !== 'win32') assert.equal(modeOf(path), 0o700);
  makeFolder('/');
  makeFolder('.');
});

test('a folder behind a link is there', () => {
  makeFolder(join(folder, 'target'));
  symlinkSync('target', join(folder, 'link'), 'junction');
  makeFolder(join(folder, 'link', 'x'));
  assert.ok(statSync(join(folder, 'target', 'x')).isDirectory());
});

test('what is no folder stays, and the system’s error says so', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  symlinkSync('nothing', join(folder, 'dangling'), 'junction');
  assert.throws(() => makeFolder(file), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(folder, 'dangling')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(file, 'x')), { code: /ENOTDIR|ENOENT/ });
  assert.throws(() => makeFolder(''), { code: 'ENOENT' });
});

test('where no folder can be made although the one above is there, it ends', {
  skip: process.platform !== 'linux',
}, () => {
  assert.throws(() => makeFolder('/proc/dst-nothing'), { code: 'ENOENT' });
  assert.throws(() => makeFolder('/proc/dst-nothing/a/b'), { code: 'ENOENT' });
});

test('the program makes folders with those above them in no other way', () => {
  const root = join(import.meta.dirname, '..');
  const files = globSync('**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  const others = files.filter((file) => /mkdir(Sync)?\([^;]*recursive/.test(readFileSync(join(root, file), 'utf8')));
  assert.ok(files.length > 300);
  assert.deepEqual(others, []);
});
