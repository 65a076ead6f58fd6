import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { openDatabase } from '../../db/index.ts';
import { dailyCopy, openClientDatabase, type OpenedDatabase } from './open-client-database.ts';

async function scene(
  t: TestContext,
): Promise<{ folder: string; clock: ManualClock; open: (hadTorrents?: boolean) => Promise<OpenedDatabase> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-database-'));
  t.after(() => rm(folder, { recursive: true }));
  const clock = new ManualClock();
  return {
    folder,
    clock,
    open: (hadTorrents = false) => openClientDatabase(folder, null, { clock, logger: silentLogger, hadTorrents }),
  };
}

const aUser = { name: 'ada', hash: 'x', role: 'admin', createdAt: 0 };
const names = async ({ database }: OpenedDatabase): Promise<string[]> =>
  (await database.client.users.list()).map(({ name }) => name);

test('a database that is well is opened as it is', async (t) => {
  const { open } = await scene(t);
  const first = await open();
  await first.database.client.users.create(aUser);
  await first.database.close();
  const second = await open();
  assert.deepEqual([second.recovered, await names(second)], [null, ['ada']]);
  await second.database.close();
});

test('where the copy of before a migration lies is in the log', async (t) => {
  const { folder, clock, open } = await scene(t);
  await (await open()).database.close();
  const path = join(folder, 'client.db');
  {
    using file = new DatabaseSync(path);
    file.exec('alter table client_torrents drop column wasted');
    file.exec("delete from dst_migrations where name = '0005-client-wasted'");
  }
  const told: unknown[] = [];
  const logger = { ...silentLogger, info: (text: string, facts?: object) => told.push([text, facts]) };
  const { database } = await openClientDatabase(folder, null, { clock, logger, hadTorrents: false });
  await database.close();
  assert.deepEqual(told, [['the database was migrated', { copyOfBefore: `${path}.0004-client.backup` }]]);
});

test('a damaged file is set aside, and the copy of the last day takes its place', async (t) => {
  const { folder, clock, open } = await scene(t);
  const first = await open();
  await first.database.client.users.create(aUser);
  using _copy = dailyCopy(first.database, clock, silentLogger);
  clock.advance(600_001);
  while (!(await readdir(folder)).includes('client.db.daily.backup')) await new Promise((done) => setImmediate(done));
  await first.database.client.users.create({ ...aUser, name: 'later' });
  await first.database.close();
  const path = join(folder, 'client.db');
  const bytes = await readFile(path);
  bytes.fill(0x5a, 4096, 12_288);
  await writeFile(path, bytes);
  const second = await open();
  assert.match(second.recovered ?? '', /damaged-\d+ now; in its place is a copy/);
  assert.deepEqual(await names(second), ['ada']);
  assert.ok((await readdir(folder)).some((name) => /^client\.db\.damaged-\d+$/.test(name)));
  await second.database.close();
});

test('a damaged database does not take the place of its good copy', async (t) => {
  const { folder, open } = await scene(t);
  const first = await open();
  await first.database.client.users.create(aUser);
  await first.database.backUp('daily');
  await first.database.close();
  const path = join(folder, 'client.db');
  const copy = await readFile(`${path}.daily.backup`);
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0x5a, bytes.length - 4096));
  await using damaged = await openDatabase(path);
  await assert.rejects(damaged.backUp('daily'), { code: 'DB_DAMAGED' });
  await damaged.close();
  assert.deepEqual(await readFile(`${path}.daily.backup`), copy);
  assert.ok(!(await readdir(folder)).some((name) => name.includes('unfinished')));
  const second = await open();
  assert.match(second.recovered ?? '', /in its place is a copy/);
  assert.deepEqual(await names(second), ['ada']);
  await second.database.close();
});

test('without a copy there is a new one', async (t) => {
  const { folder, open } = await scene(t);
  await writeFile(
    join(folder, 'client.db'),
    'this is no database, and longer than a header of one would be '.repeat(20),
  );
  const opened = await open();
  assert.match(opened.recovered ?? '', /in its place is a new one/);
  assert.deepEqual(await names(opened), []);
  await opened.database.close();
});

test('a file that was cut is noticed', async (t) => {
  const { folder, open } = await scene(t);
  const first = await open();
  await first.database.close();
  await truncate(join(folder, 'client.db'), 8192);
  const second = await open();
  assert.notEqual(second.recovered, null);
  await second.database.close();
});

test('a file that is gone is missed when there were torrents, and the copy takes its place', async (t) => {
  const { folder, open } = await scene(t);
  const first = await open(true);
  assert.match(first.recovered ?? '', /was gone; in its place is a new one/);
  await first.database.client.users.create(aUser);
  await first.database.backUp('daily');
  await first.database.close();
  await rm(join(folder, 'client.db'));
  const second = await open(true);
  assert.match(second.recovered ?? '', /in its place is a copy/);
  assert.deepEqual(await names(second), ['ada']);
  await second.database.close();
});
