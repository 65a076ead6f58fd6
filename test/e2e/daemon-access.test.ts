/** A daemon whose APIs are served to other machines: nobody uses it without credentials, from its first moment on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';

/** The doors of all its APIs. */
const DOORS = [
  '/api/v1/torrents',
  '/api/v1/events',
  '/transmission/rpc',
  '/api/v2/torrents/info',
  '/metrics',
  '/health',
];

test('a public address is served with credentials alone: there is always an admin with a password of chance', async () => {
  await using scratch = await scratchFolder();
  await using daemon = await DaemonProcess.start(scratch.path, { env: { DST_API_BIND: '0.0.0.0' } });
  const { name, password } = daemon.login;
  assert.match(password, /^[a-z2-9]{24}$/);
  await daemon.untilLogged(/passwords cross the network in plain text/);
  const url = `http://127.0.0.1:${new URL(daemon.url).port}`;
  const stranger = await Promise.all(DOORS.map((door) => fetch(url + door)));
  assert.deepEqual(
    stranger.map(({ status }) => [401, 403].includes(status)),
    DOORS.map(() => true),
    stranger.map(({ status }) => status).join(),
  );
  const body = JSON.stringify({ name, password });
  const headers = { 'content-type': 'application/json' };
  assert.equal((await fetch(`${url}/api/v1/sessions`, { method: 'POST', headers, body })).status, 201);
  await assert.rejects(daemon.api(`/users/${name}`, { method: 'DELETE' }), { code: 'ACCESS_LAST_ADMIN' });
  const viewer = { method: 'PATCH', body: { role: 'viewer' } } as const;
  await assert.rejects(daemon.api(`/users/${name}`, viewer), { code: 'ACCESS_LAST_ADMIN' });
});
