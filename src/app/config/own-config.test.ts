import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientConfig } from './client-config.ts';
import { valueOfWords } from './key-values.ts';
import { changeOwnConfig, loadOwnConfig } from './own-config.ts';

test('a file is made, changed and read again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-own-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'new', 'config.toml');
  assert.deepEqual((await changeOwnConfig(file, { 'limits.upload': '2M' })).changed, ['limits.upload']);
  assert.equal(await readFile(file, 'utf8'), '[limits]\nupload = "2M"\n');
  assert.equal((await loadOwnConfig(file)).value.limits.upload, 2 * 1024 ** 2);
  await assert.rejects(changeOwnConfig(file, { 'limits.upload': 'much' }), { code: 'CONFIG_INVALID' });
  assert.equal(await readFile(file, 'utf8'), '[limits]\nupload = "2M"\n');
  await changeOwnConfig(file, { 'limits.upload': null });
  assert.equal((await loadOwnConfig(file)).value.limits.upload, 0);
});

test('a file that is named has to be there', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-own-config-'));
  t.after(() => rm(folder, { recursive: true }));
  await assert.rejects(loadOwnConfig(join(folder, 'absent.toml')), { code: 'CONFIG_UNREADABLE' });
  await writeFile(join(folder, 'broken.toml'), '[');
  await assert.rejects(loadOwnConfig(join(folder, 'broken.toml')), { code: 'CONFIG_SYNTAX' });
});

test('words of a command line become values of the kind that the key has', () => {
  const value = (key: string, ...words: string[]): unknown => valueOfWords(clientConfig, key, words);
  assert.equal(value('api.port', '9000'), 9000);
  assert.equal(value('torrents.startAdded', 'false'), false);
  assert.equal(value('limits.download', '5M'), '5M');
  assert.equal(value('downloads', '/a', 'b'), '/a b');
  assert.deepEqual(value('limits.schedule', 'sat,sun 10:00-12:00'), ['sat,sun 10:00-12:00']);
  assert.deepEqual(value('api.bind', '::1', '127.0.0.1'), ['::1', '127.0.0.1']);
  assert.deepEqual(value('api.bind', '["::1"]'), ['::1']);
  assert.deepEqual(value('api.bind', '[::1]'), ['[::1]']);
  assert.throws(() => value('api.prot', '1'), { code: 'CONFIG_INVALID', message: /did you mean api\.port\?/ });
});
