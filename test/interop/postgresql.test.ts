/** A real PostgreSQL server against the compliance suite, and what only a server can do to its clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, describe, test } from 'node:test';
import { sql } from 'kysely';
import type { DstError } from '../../src/base/errors.ts';
import { countRevision } from '../../src/db/connection.ts';
import { tracker as firstMigration } from '../../src/db/migrations/0001-tracker.ts';
import { allMigrations } from '../../src/db/migrations/migrate.ts';
import type { Migration } from '../../src/db/migrations/migration.ts';
import { openDatabase, openWith } from '../../src/db/open-database.ts';
import { openPostgres } from '../../src/db/postgres/open.ts';
import { clientRepositoryCompliance } from '../db/client-repository-compliance.ts';
import { startCounting, takeOver } from '../db/counting.ts';
import { all } from '../db/stage.ts';
import { trackerRepositoryCompliance } from '../db/tracker-repository-compliance.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { Postgresql } from './postgresql.ts';

const HOST = ADDRESSES[0] as string;
const PORT = 5432;
const skip = await enterNamespace(import.meta.filename, ['postgresql']);
const server = skip === false ? await Postgresql.start(HOST, PORT) : null;
after(() => server?.[Symbol.asyncDispose]());

let schemas = 0;
const emptySchema = async (): Promise<string> => (await server?.emptySchema(`s${++schemas}`)) ?? '';
const infoHash = new Uint8Array(20).fill(1);

/** Resolves when a statement waits for a lock that another transaction has. */
async function lockWaiter(): Promise<void> {
  const waiting = `select from pg_stat_activity where wait_event_type = 'Lock'`;
  for (let looks = 0; looks < 1_000; looks++) {
    if ((await server?.query(waiting))?.length === 1) return;
    await sleep(50);
  }
  assert.fail('nobody waits for a lock');
}

trackerRepositoryCompliance('a PostgreSQL', async (options) => openDatabase(await emptySchema(), options), { skip });
clientRepositoryCompliance('a PostgreSQL', async (options) => openDatabase(await emptySchema(), options), { skip });

describe('a PostgreSQL server', { skip }, () => {
  test('is reached by its Unix socket too', async () => {
    await using database = await openDatabase((server as Postgresql).socketUrl());
    assert.equal(database.dialect, 'postgres');
    await database.tracker.torrents.addCompleted([{ infoHash, count: 1 }]);
  });

  test('that is not there, or does not know the database, the user or the password, is told apart', async () => {
    const running = server as Postgresql;
    await running.query(`create role guarded login password 'right'`);
    const nowhere = openDatabase(`postgres://dst@${HOST}:1/postgres`);
    await assert.rejects(nowhere, { code: 'DB_UNREACHABLE', isRetryable: true });
    for (const url of [
      running.url('nothing'),
      running.url('postgres', 'nobody'),
      running.url('postgres', 'guarded:no'),
    ]) {
      await assert.rejects(openDatabase(url), { code: 'DB_OPEN_FAILED' }, url);
    }
  });

  test('takes four processes that migrate and write at the same time', async () => {
    const url = await emptySchema();
    const counting = Array.from({ length: 4 }, () => startCounting(url, 50));
    const ends = await Promise.all(counting.map(({ child }) => once(child, 'close')));
    for (const end of ends) assert.deepEqual(end, [0, null]);
    assert.deepEqual(await takeOver(url), { counts: [200], names: [200] });
  });

  test('with tables from a newer version is refused', async () => {
    const url = await emptySchema();
    const later: Migration = { name: '9001-later', statements: () => ['alter table bans add column extra text'] };
    await (await openWith(url, [...allMigrations, later])).close();
    await assert.rejects(openDatabase(url), { code: 'DB_TOO_NEW' });
  });

  test('keeps its tables as they were when a migration fails', async () => {
    const url = await emptySchema();
    await (await openDatabase(url)).close();
    const broken: Migration = {
      name: '9001-broken',
      statements: () => ['create table half (a integer)', 'drop table nothing'],
    };
    await assert.rejects(openWith(url, [...allMigrations, broken]), (error: DstError) => {
      assert.equal(error.code, 'DB_MIGRATION_FAILED');
      assert.deepEqual(error.details, { backup: null });
      return true;
    });
    assert.deepEqual(await (server as Postgresql).query(`select to_regclass('s${schemas}.half') as half`), [
      { half: null },
    ]);
    await (await openDatabase(url)).close();
  });

  test('that finds two batches in each other’s way has one of them done again', async () => {
    const url = await emptySchema();
    await (await openDatabase(url)).close();
    const connection = await openPostgres(url);
    const add = {
      columns: { info_hash: 'bytes', count: 'integer' },
      steps: [
        `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at)
          select info_hash, false, false, count, 0, 0 from batch where true
          on conflict (info_hash) do update set completed = torrents.completed + excluded.completed`,
      ],
    } as const;
    const rows = Array.from({ length: 2_000 }, (_, i) => {
      const key = new Uint8Array(20);
      key.set([i >> 8, i & 0xff]);
      return [key, 1] as const;
    });
    const opposite = rows.toReversed();
    for (let i = 0; i < 5; i++) await Promise.all([connection.runBatch(add, rows), connection.runBatch(add, opposite)]);
    const counts = await connection.kysely.selectFrom('torrents').select('completed').distinct().execute();
    assert.deepEqual(counts, [{ completed: 10 }]);
    await connection.close();
  });

  test('with tables from before revisions is migrated and keeps its rows', async () => {
    const url = await emptySchema();
    await (await openWith(url, [firstMigration])).close();
    const row = `decode(repeat('01', 20), 'hex'), 'One', 'one', true, false, null, 7, 100, 200`;
    await (server as Postgresql).query(`insert into s${schemas}.torrents values (${row})`);
    await using database = await openDatabase(url);
    assert.deepEqual(await database.tracker.revisions(), { torrents: 0, members: 0, bans: 0 });
    const [torrent] = await all(database.tracker.torrents.changedSince(200));
    assert.deepEqual([torrent?.infoHash, torrent?.isRegistered, torrent?.completed], [infoHash, true, 7]);
  });

  test('makes no change that it cannot count', async () => {
    await using database = await openDatabase(await emptySchema());
    await (server as Postgresql).query(`drop table s${schemas}.revisions`);
    const { torrents, accounts } = database.tracker;
    const failed = { code: 'DB_FAILED' };
    await assert.rejects(torrents.change([{ infoHash, isRegistered: true }]), failed);
    await assert.rejects(accounts.create({ name: 'a', isEnabled: true, maxPeers: null, expiresAt: null }), failed);
    assert.deepEqual(await torrents.list({ limit: 1 }), []);
    assert.deepEqual(await accounts.list({ limit: 1 }), []);
  });

  test('makes the changes of one area one after another', async () => {
    const url = await emptySchema();
    await using database = await openDatabase(url);
    const other = await openPostgres(url);
    const { bans } = database.tracker;
    let put: Promise<void> | undefined;
    await other.kysely.transaction().execute(async (transaction) => {
      await sql`insert into bans values ('192.0.2.1/32', '', 0, null)`.execute(transaction);
      await sql.raw(countRevision('bans')).execute(transaction);
      put = bans.put([{ prefix: '192.0.2.2', reason: '', expiresAt: null }]);
      await lockWaiter();
      assert.equal((await database.tracker.revisions()).bans, 0);
      assert.deepEqual(await bans.list({ limit: 9 }), []);
    });
    await put;
    assert.equal((await database.tracker.revisions()).bans, 2);
    assert.equal((await bans.list({ limit: 9 })).length, 2);
    await other.close();
  });

  test('that deletes what is left of a removed torrent loses no change made meanwhile', async () => {
    const url = await emptySchema();
    await using database = await openDatabase(url);
    const other = await openPostgres(url);
    const { torrents } = database.tracker;
    await torrents.change([{ infoHash, isRegistered: true }]);
    await torrents.remove([infoHash]);
    let change: Promise<void> | undefined;
    await other.kysely.transaction().execute(async (transaction) => {
      await sql`select from torrents for update`.execute(transaction);
      change = torrents.change([{ infoHash, name: 'again' }]);
      await lockWaiter();
      await sql`delete from torrents`.execute(transaction);
    });
    await change;
    assert.equal((await torrents.find(infoHash))?.name, 'again');
    await other.close();
  });

  test('that ends a connection in the middle of a statement fails that statement and nothing else', async () => {
    const running = server as Postgresql;
    const url = await emptySchema();
    await using database = await openDatabase(url);
    const other = await openPostgres(url);
    const { bans, torrents } = database.tracker;
    for (const write of [
      () => bans.put([{ prefix: '192.0.2.1', reason: '', expiresAt: null }]),
      () => database.tracker.accounts.create({ name: 'a', isEnabled: true, maxPeers: null, expiresAt: null }),
    ]) {
      await other.kysely.transaction().execute(async (transaction) => {
        await sql`lock table bans, accounts`.execute(transaction);
        const failed = assert.rejects(write(), { code: 'DB_UNREACHABLE' });
        await lockWaiter();
        await running.query(`select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`);
        await failed;
      });
    }
    await torrents.addCompleted([{ infoHash, count: 1 }]);
    assert.deepEqual(await bans.list({ limit: 1 }), []);
    await other.close();
  });

  test('that hangs keeps nobody who closes the database', async () => {
    const running = server as Postgresql;
    const url = await emptySchema();
    const database = await openDatabase(url);
    const count = (): Promise<void> => database.tracker.torrents.addCompleted([{ infoHash, count: 1 }]);
    await Promise.all([count(), count()]);
    const processes = await running.query(
      `select pid from pg_stat_activity where application_name = 'dst-torrent' and state = 'idle'`,
    );
    const signal = (name: NodeJS.Signals): void => {
      for (const { pid } of processes) process.kill(pid as number, name);
    };
    signal('SIGSTOP');
    try {
      const counted = assert.rejects(count(), { code: 'DB_UNREACHABLE' });
      await new Promise(setImmediate); // it has its connection
      await database.close();
      await counted;
    } finally {
      signal('SIGCONT');
    }
  });

  test('that goes away makes calls fail for so long, and no longer', async () => {
    const running = server as Postgresql;
    const url = await emptySchema();
    await using database = await openDatabase(url);
    const { torrents } = database.tracker;
    const count = (): Promise<void> => torrents.addCompleted([{ infoHash, count: 1 }]);
    await Promise.all([count(), count(), count()]);
    await running.stop();
    for (const call of [count, () => torrents.find(infoHash), () => database.check()]) {
      await assert.rejects(call(), { code: 'DB_UNREACHABLE', isRetryable: true });
    }
    await running.start();
    await count();
    assert.equal((await torrents.find(infoHash))?.completed, 4);
  });
});
