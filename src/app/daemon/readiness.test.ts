import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { openDatabase } from '../../db/index.ts';
import { readiness, type ReadinessParts } from './readiness.ts';

async function scene(t: TestContext): Promise<ReadinessParts & { clock: ManualClock }> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-ready-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const database = await openDatabase(join(folder, 'client.db'));
  t.after(() => database.close());
  return { database, engine: { listening: [{ host: '::', port: 8471 }] }, folder, clock: new ManualClock() };
}

test('a client with its database, its port and its folder is ready', async (t) => {
  assert.deepEqual(await readiness(await scene(t)), { database: null, peers: null, state: null });
});

test('each of them that is gone is told', async (t) => {
  const parts = await scene(t);
  await (parts.database as Awaited<ReturnType<typeof openDatabase>>).close();
  await rm(parts.folder, { recursive: true });
  const { database, peers, state } = await readiness({ ...parts, engine: { listening: [] } });
  assert.equal(database, 'database is not open');
  assert.equal(peers, 'peers are accepted nowhere');
  assert.match(state ?? '', /^ENOENT: .*dst-ready-/);
});

test('a database that hangs keeps nobody waiting', async (t) => {
  const parts = await scene(t);
  const asked = readiness({ ...parts, database: { check: () => new Promise(() => {}) } });
  parts.clock.advance(1000);
  assert.equal((await asked).database, 'the database does not answer');
});
