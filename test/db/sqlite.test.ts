/** SQLite against the compliance suite, in memory and as a file, and what only a file can do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import type { BatchStatement } from '../../src/db/connection.ts';
import { allMigrations } from '../../src/db/migrations/migrate.ts';
import { type Database, openDatabase, openWith } from '../../src/db/open-database.ts';
import { openSqlite } from '../../src/db/sqlite/open.ts';
import { clientRepositoryCompliance } from './client-repository-compliance.ts';
import { type Counting, startCounting, takeOver } from './counting.ts';
import { trackerRepositoryCompliance } from './tracker-repository-compliance.ts';

const folder = mkdtempSync(join(tmpdir(), 'dst-db-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `${++files}.db`);

trackerRepositoryCompliance('an SQLite (memory)', (options) => openDatabase(':memory:', options));
trackerRepositoryCompliance('an SQLite (file)', (options) => openDatabase(newFile(), options));
clientRepositoryCompliance('an SQLite (memory)', (options) => openDatabase(':memory:', options));
clientRepositoryCompliance('an SQLite (file)', (options) => openDatabase(newFile(), options));

test('a file is read again by each way to name it', async () => {
  const path = newFile();
  const infoHash = new Uint8Array(20).fill(1);
  for (const [i, url] of [path, `sqlite:${path}`, `sqlite://${path}`].entries()) {
    await using database = await openDatabase(url);
    assert.equal(database.dialect, 'sqlite');
    await database.tracker.torrents.addCompleted([{ infoHash, count: 1 }]);
    assert.equal((await database.tracker.torrents.find(infoHash))?.completed, i + 1);
  }
});

test('only its owner may read a new file, and closing leaves nothing beside it', async () => {
  const path = newFile();
  const database = await openDatabase(path);
  await database.tracker.torrents.addCompleted([{ infoHash: new Uint8Array(20), count: 1 }]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(`${path}-wal`).mode & 0o777, 0o600);
  await database.close();
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(`${files}.db`)),
    [`${files}.db`],
  );
});

test('each transaction is synced for who wants it, and else with the next ones', async () => {
  const modeOf = async (outlivesPowerCut: boolean): Promise<unknown> => {
    const connection = await openSqlite(newFile());
    if (outlivesPowerCut) connection.syncEachTransaction();
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(connection.kysely);
    await connection.close();
    return rows[0]?.synchronous;
  };
  // 1 is normal, 2 is full.
  assert.deepEqual([await modeOf(false), await modeOf(true)], [1, 2]);
  await using database = await openDatabase(newFile(), { outlivesPowerCut: true });
  await database.client.bans.put(['192.0.2.1']);
});

test('what a power cut may take is not synced by itself, and what comes after it is', async () => {
  const connection = await openSqlite(newFile());
  connection.syncEachTransaction();
  await sql`create table modes (id integer, synchronous integer)`.execute(connection.kysely);
  const step = 'insert into modes select id, synchronous from batch, pragma_synchronous';
  const columns = { id: 'integer' } as const;
  await connection.runBatch({ columns, steps: [step], isSyncedLater: true }, [[1]]);
  await assert.rejects(connection.runBatch({ columns, steps: ['select no_such'], isSyncedLater: true }, [[2]]));
  await connection.runBatch({ columns, steps: [step] }, [[3]]);
  const { rows } = await sql`select * from modes`.execute(connection.kysely);
  await connection.close();
  assert.deepEqual(
    rows.map((row) => ({ ...(row as object) })),
    [
      { id: 1, synchronous: 1 },
      { id: 3, synchronous: 2 },
    ],
  );
});

test('an address that names no database is refused', async () => {
  for (const url of ['', 'sqlite:', 'mysql://localhost/x', 'file:x.db', 'sqlite:file:x.db', 'postgres://a:b:c@[/x']) {
    await assert.rejects(openDatabase(url), { code: 'DB_BAD_URL' }, url);
  }
});

test('a refused address never shows its password', async () => {
  const kinds = ['postgres://', 'posgres://', 'postgres//', 'postgres:/', ''];
  for (const url of kinds.map((kind) => `${kind}user:s3cret@host:port/x`)) {
    await assert.rejects(openDatabase(url), (error: Error) => {
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`, /s3cret/);
      return true;
    });
  }
});

test('a folder that is missing, and a file that is a folder, cannot be opened', async () => {
  const isFolder = newFile();
  mkdirSync(isFolder);
  for (const path of [join(folder, 'missing', 'a.db'), isFolder]) {
    await assert.rejects(openDatabase(path), { code: 'DB_OPEN_FAILED' });
  }
});

test('a file that is no database is left as it is', async () => {
  const path = newFile();
  writeFileSync(path, 'This is a letter to my aunt, and not a database at all.'.repeat(100));
  const { mtimeMs } = statSync(path);
  await assert.rejects(openDatabase(path), { code: 'DB_DAMAGED' });
  assert.equal(statSync(path).mtimeMs, mtimeMs);
});

test('a file whose head is damaged is damaged', async () => {
  const path = newFile();
  await (await openDatabase(path)).close();
  const bytes = readFileSync(path);
  // Page size, number of the schema format (sqlite.org/fileformat.html §1.3).
  for (const at of [16, 47]) {
    writeFileSync(path, bytes.with(at, 0xff));
    await assert.rejects(openDatabase(path), { code: 'DB_DAMAGED' }, `byte ${at}`);
  }
});

test('two connections of one thread write to one file at the same time', async () => {
  const path = newFile();
  const [first, second] = await Promise.all([openDatabase(path), openDatabase(path)]);
  const infoHash = new Uint8Array(20).fill(1);
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => {
      const { torrents } = (i % 2 === 0 ? first : second).tracker;
      return i % 3 === 0
        ? torrents.change([{ infoHash, name: String(i) }])
        : torrents.addCompleted([{ infoHash, count: 1 }]);
    }),
  );
  assert.equal((await second.tracker.torrents.find(infoHash))?.completed, 133);
  await Promise.all([first.close(), second.close()]);
});

test('four processes create one file and write to it at the same time', async () => {
  const path = newFile();
  const rounds = 150;
  const counting: Counting[] = Array.from({ length: 4 }, () => startCounting(path, rounds));
  const ends = await Promise.all(counting.map(({ child }) => once(child, 'close')));
  for (const end of ends) assert.deepEqual(end, [0, null]);
  assert.deepEqual(await takeOver(path), { counts: [4 * rounds], names: [4 * rounds] });
});

test('a change that cannot be counted is not made', async () => {
  const path = newFile();
  await using database = await openDatabase(path);
  using other = new DatabaseSync(path);
  other.exec('drop table revisions');
  const { torrents, accounts } = database.tracker;
  const failed = { code: 'DB_FAILED' };
  await assert.rejects(torrents.change([{ infoHash: new Uint8Array(20), isRegistered: true }]), failed);
  await assert.rejects(accounts.create({ name: 'a', isEnabled: true, maxPeers: null, expiresAt: null }), failed);
  assert.deepEqual(await torrents.list({ limit: 1 }), []);
  assert.deepEqual(await accounts.list({ limit: 1 }), []);
});

test('what another connection changes is seen by the next look at the revisions', async () => {
  const path = newFile();
  await using tracker = await openDatabase(path);
  await using command = await openDatabase(path);
  const infoHash = new Uint8Array(20).fill(1);
  await command.tracker.torrents.change([{ infoHash, isDenied: true }]);
  assert.deepEqual(await tracker.tracker.revisions(), { torrents: 1, members: 0, bans: 0 });
  for await (const [torrent] of tracker.tracker.torrents.changedSince(0)) assert.equal(torrent?.isDenied, true);
});

/** Another thread that writes to the file for so long, ms, or until it is told to stop. */
async function writingThread(path: string, longest = 1000): Promise<{ stop: () => void } & AsyncDisposable> {
  const source = `
    const { parentPort, workerData: { path, told, longest } } = require('node:worker_threads');
    const file = new (require('node:sqlite').DatabaseSync)(path);
    file.exec('begin immediate');
    parentPort.postMessage('writes');
    Atomics.wait(told, 0, 0, longest);
    file.exec('rollback');
    file.close();`;
  const told = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(source, { eval: true, workerData: { path, told, longest } });
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  const stop = (): void => {
    told[0] = 1;
    Atomics.notify(told, 0);
  };
  return {
    stop,
    [Symbol.asyncDispose]: async () => {
      stop();
      await ended;
    },
  };
}

test('whoever must not be held up is told that the file is busy, others and openings wait', async () => {
  const path = newFile();
  const count = (database: Database): Promise<void> =>
    database.tracker.torrents.addCompleted([{ infoHash: new Uint8Array(20), count: 1 }]);
  await using hasty = await openDatabase(path, { busyTimeout: 1 });
  await using patient = await openDatabase(path);
  {
    await using _thread = await writingThread(path, 60_000);
    await assert.rejects(count(hasty), { code: 'DB_BUSY' });
  }
  {
    await using _thread = await writingThread(path);
    await count(patient);
  }
  const older = newFile();
  await (await openWith(older, allMigrations.slice(0, 1))).close();
  await using _thread = await writingThread(older);
  await using opened = await openDatabase(older, { busyTimeout: 1 });
  await count(opened);
});

test('who holds a file for too long makes others busy, not broken', async () => {
  const path = newFile();
  await (await openDatabase(path)).close();
  const connection = await openSqlite(path, 1);
  using other = new DatabaseSync(path);
  other.exec('begin immediate');
  const count: BatchStatement = {
    columns: { info_hash: 'bytes' },
    steps: [
      `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at)
        select info_hash, false, false, 0, 0, 0 from batch`,
    ],
  };
  const rows = [[new Uint8Array(20)]];
  await assert.rejects(connection.runBatch(count, rows), { code: 'DB_BUSY', isRetryable: true });
  assert.deepEqual(await connection.kysely.selectFrom('torrents').selectAll().execute(), []);
  other.exec('rollback');
  assert.equal(await connection.runBatch(count, rows), 1);
  await connection.close();
});
