import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { daemonSocket } from './daemon-socket.ts';

const skip = process.platform !== 'linux' && 'the folders are those of Linux';

test('the socket is that of the environment, else of the configuration, else of the platform', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-socket-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: '/run/me' };
  assert.equal(await daemonSocket(env), '/run/me/dst.sock');
  await mkdir(join(folder, 'dst'));
  const file = join(folder, 'dst', 'config.toml');
  await writeFile(file, '[api]\nport = 1\n');
  assert.equal(await daemonSocket(env), '/run/me/dst.sock');
  await writeFile(file, '[api]\nsocket = "/run/mine"\n');
  assert.equal(await daemonSocket(env), '/run/mine');
  assert.equal(await daemonSocket({ ...env, DST_API_SOCKET: '/run/other' }), '/run/other');
  await writeFile(file, '[api]\nsocket = 7\n');
  assert.equal(await daemonSocket(env), '/run/me/dst.sock');
});
