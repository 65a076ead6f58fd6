/** A daemon whose database is a PostgreSQL server, which goes away and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { Postgresql } from './postgresql.ts';

const HOST = ADDRESSES[0] as string;
const PORT = 5432;
const skip = await enterNamespace(import.meta.filename, ['postgresql']);

test('a daemon is not ready, but alive, while its PostgreSQL is gone, and says where it looks for it', {
  skip,
}, async () => {
  await using server = await Postgresql.start(HOST, PORT);
  await using folder = await scratchFolder();
  await using daemon = await DaemonProcess.start(folder.path, { env: { DST_DATABASE: server.url() } });
  const body = { name: 'probe', scope: 'read' };
  const { token } = await daemon.api<{ token: string }>('/tokens', { method: 'POST', body });
  const ask = async (path: string): Promise<{ status: number; database: string | undefined }> => {
    const answer = await fetch(`${daemon.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const { checks } = (await answer.json()) as { checks?: { database: { detail?: string } } };
    return { status: answer.status, database: checks?.database.detail };
  };
  const untilReady = (): Promise<unknown> =>
    daemon.until(
      'ready',
      () => ask('/health/ready'),
      ({ status }) => status === 200,
    );
  await untilReady();
  await server.stop();
  const gone = `PostgreSQL: connect ECONNREFUSED ${HOST}:${PORT}`;
  const told = await daemon.until(
    'told as gone',
    () => ask('/health/ready'),
    ({ database }) => database === gone,
  );
  assert.equal(told.status, 503);
  assert.equal((await ask('/health/live')).status, 200);
  const change = daemon.api('/labels', { method: 'POST', body: { labels: ['x'] } });
  await assert.rejects(change, { code: 'DB_UNREACHABLE', message: /GET \/health says why$/ });
  await daemon.until(
    'told by its health',
    () => ask('/health'),
    ({ database }) => database === gone,
  );
  await server.start();
  await untilReady();
});
