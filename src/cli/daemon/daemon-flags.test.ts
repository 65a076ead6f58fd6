import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { addressOf } from './daemon-flags.ts';

const url = (text: string): URL => new URL(text);

test('a flag counts more than the environment, and an address more than a socket', async () => {
  const env = { DST_SOCKET: '/run/env.sock', DST_URL: 'https://env.example:8470' };
  assert.deepEqual(await addressOf({ socket: '/run/flag.sock' }, env), { socket: resolve('/run/flag.sock') });
  const elsewhere = { url: url('http://flag.example:1/'), token: null };
  assert.deepEqual(await addressOf({ url: 'flag.example:1' }, env), elsewhere);
  assert.deepEqual(await addressOf({}, env), { url: url('https://env.example:8470/'), token: null });
  assert.deepEqual(await addressOf({}, { ...env, DST_URL: '' }), { socket: resolve('/run/env.sock') });
});

test('without a word it is the socket of the own daemon', async () => {
  assert.deepEqual(await addressOf({}, { DST_API_SOCKET: '/run/mine' }), { socket: '/run/mine' });
});

test('a token is read from the file that a flag or the environment names', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-token-'));
  t.after(() => rm(folder, { recursive: true }));
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await writeFile(one, 'dst_one\n');
  await writeFile(two, 'dst_two');
  const env = { DST_URL: 'https://host.example', DST_TOKEN_FILE: one };
  assert.deepEqual(await addressOf({}, env), { url: url('https://host.example'), token: 'dst_one' });
  assert.deepEqual(await addressOf({ tokenFile: two }, env), { url: url('https://host.example'), token: 'dst_two' });
  await writeFile(two, 'dst_two\nmore\n');
  await assert.rejects(addressOf({ tokenFile: two }, env), { code: 'TOKEN_FILE_INVALID' });
});

test('what is no address of a daemon is refused', async () => {
  for (const text of ['ftp://host', 'http://', 'http://host/path', 'http://host?x', 'http://me:pass@host', 'a b']) {
    await assert.rejects(addressOf({ url: text }, {}), { code: 'USAGE_VALUE' }, text);
  }
});
