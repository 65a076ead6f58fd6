/** How a database comes to its newest form. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { DstError } from '../../src/base/errors.ts';
import { tracker as firstMigration } from '../../src/db/migrations/0001-tracker.ts';
import { allMigrations } from '../../src/db/migrations/migrate.ts';
import type { Migration } from '../../src/db/migrations/migration.ts';
import { openDatabase, openWith } from '../../src/db/open-database.ts';
import { all, fills } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'dst-migrations-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `${++files}.db`);

const newest = allMigrations.at(-1)?.name as string;
const later: Migration = {
  name: '9001-comments',
  statements: ({ columnTypes }) => [
    `alter table torrents add column comment ${columnTypes.text}`,
    "update torrents set comment = 'none'",
  ],
};
const broken: Migration = {
  name: '9002-broken',
  statements: () => [
    'create table half (a integer) strict',
    'update torrents set completed = 99',
    'drop table nothing',
  ],
};

const infoHash = new Uint8Array(20).fill(1);

/** A file of this version with one torrent in it. */
async function makeFile(): Promise<string> {
  const path = newFile();
  await using database = await openDatabase(path);
  await database.tracker.torrents.change([{ infoHash, name: 'kept' }]);
  return path;
}

const read = (path: string, query: string): unknown[] => {
  using file = new DatabaseSync(path, { readOnly: true });
  return file
    .prepare(query)
    .all()
    .map((row) => Object.values(row)[0]);
};

test('names of migrations are in order and unique', () => {
  const names = allMigrations.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)].sort());
  for (const name of names) assert.match(name, /^\d{4}-[a-z-]+$/);
});

test('an older file is copied beside itself and then migrated', async () => {
  const path = await makeFile();
  {
    await using database = await openWith(path, [...allMigrations, later]);
    assert.equal(database.backup, `${path}.${newest}.backup`);
    assert.equal((await database.tracker.torrents.find(infoHash))?.name, 'kept');
  }
  const backup = `${path}.${newest}.backup`;
  assert.deepEqual(read(path, 'select comment from torrents'), ['none']);
  assert.deepEqual(
    read(path, 'select name from dst_migrations order by name'),
    [...allMigrations, later].map((m) => m.name),
  );
  assert.equal(statSync(backup).mode & 0o777, 0o600);
  assert.equal(existsSync(`${backup}.unfinished`), false);
  await using old = await openDatabase(backup);
  assert.equal((await old.tracker.torrents.find(infoHash))?.name, 'kept');
});

test('a file from before revisions keeps its rows, and each of them counts as changed', async () => {
  const path = newFile();
  await (await openWith(path, [firstMigration])).close();
  using file = new DatabaseSync(path);
  file.exec(`
    insert into torrents values (x'${'01'.repeat(20)}', 'One', 'one', 1, 0, null, 7, 100, 200);
    insert into torrents values (x'${'02'.repeat(20)}', null, null, 0, 0, x'${'01'.repeat(20)}', 0, 100, 300);
    insert into accounts values (5, 'Alice', 'alice', 1, 3, null, 10, 20, 100);
    insert into passkeys values (x'${'03'.repeat(32)}', 5, 'home', 100, null);
    insert into api_tokens values (x'${'04'.repeat(32)}', 'ci', 'a', 100, null, null);
    insert into bans values ('192.0.2.0/24', 'rude', 100, null);`);
  file.close();
  await using database = await openDatabase(path);
  assert.equal(database.backup, `${path}.0001-tracker.backup`);
  const { torrents, accounts, passkeys, apiTokens, bans } = database.tracker;
  const changed = await all(torrents.changedSince(0));
  assert.deepEqual(
    changed.map((torrent) => [torrent.infoHash[0], torrent.isRegistered, torrent.aliasOf, torrent.completed]),
    [
      [1, true, null, 7],
      [2, false, infoHash, 0],
    ],
  );
  assert.equal((await torrents.find(infoHash))?.name, 'One');
  assert.equal((await accounts.find(5))?.downloaded, 20);
  assert.equal((await passkeys.list(5))[0]?.label, 'home');
  assert.equal((await apiTokens.list())[0]?.name, 'ci');
  assert.equal((await bans.list({ limit: 1 }))[0]?.reason, 'rude');
  assert.deepEqual(await database.tracker.revisions(), { torrents: 0, members: 0, bans: 0 });
  await torrents.remove([infoHash]);
  assert.deepEqual(await database.tracker.revisions(), { torrents: 1, members: 0, bans: 0 });
});

test('a file from before changes bore revisions tells what changes from then on', async () => {
  const path = newFile();
  await (await openWith(path, allMigrations.slice(0, 2))).close();
  using file = new DatabaseSync(path);
  file.exec(`
    insert into torrents values (x'${'01'.repeat(20)}', 'One', 'one', 1, 0, null, 7, 100, 200);
    insert into torrents values (x'${'02'.repeat(20)}', null, null, 0, 0, null, 3, 100, 300);
    insert into accounts values (5, 'Alice', 'alice', 1, 3, null, 10, 20, 100);
    insert into passkeys values (x'${'03'.repeat(32)}', 5, 'home', 100, null);
    update revisions set number = 4;`);
  file.close();
  await using database = await openDatabase(path);
  assert.equal(database.backup, `${path}.0002-tracker-revisions.backup`);
  const { torrents, accounts, passkeys } = database.tracker;
  assert.deepEqual(fills(await all(torrents.load())), [1]);
  assert.deepEqual(fills(await all(torrents.loadCounts())), [2]);
  assert.deepEqual(await all(torrents.changedAfter(4)), []);
  await torrents.change([{ infoHash, isDenied: true }]);
  await passkeys.revoke(new Uint8Array(32).fill(3));
  await accounts.remove(5);
  assert.deepEqual(fills(await all(torrents.changedAfter(4))), [1]);
  const removed = await all(accounts.removedAfter(4));
  assert.deepEqual(
    removed.map(({ id }) => id),
    [5],
  );
});

test('a new or current file is not copied', async () => {
  const path = newFile();
  for (let i = 0; i < 2; i++) {
    await using database = await openDatabase(path);
    assert.equal(database.backup, null);
  }
  assert.equal(existsSync(`${path}.${newest}.backup`), false);
});

test('a file from a newer version is refused and not changed', async () => {
  const path = await makeFile();
  await (await openWith(path, [...allMigrations, later])).close();
  const before = readFileSync(path);
  await assert.rejects(openDatabase(path), (error: DstError) => {
    assert.equal(error.code, 'DB_TOO_NEW');
    assert.deepEqual(error.details, { migration: later.name });
    return true;
  });
  assert.deepEqual(readFileSync(path), before);
});

test('a migration that fails leaves the file as it was', async () => {
  const path = await makeFile();
  await assert.rejects(openWith(path, [...allMigrations, later, broken]), (error: DstError) => {
    assert.equal(error.code, 'DB_MIGRATION_FAILED');
    assert.deepEqual(error.details, { backup: `${path}.${newest}.backup` });
    return true;
  });
  assert.deepEqual(read(path, "select name from sqlite_master where name = 'half'"), []);
  assert.deepEqual(read(path, 'select completed from torrents'), [0]);
  assert.deepEqual(
    read(path, 'select name from dst_migrations'),
    allMigrations.map(({ name }) => name),
  );
  await using database = await openDatabase(path);
  assert.equal((await database.tracker.torrents.find(infoHash))?.name, 'kept');
});

test('every table refuses values of another type', async () => {
  const path = await makeFile();
  assert.deepEqual(
    read(path, "select name from pragma_table_list where type = 'table' and not strict and name not like 'sqlite_%'"),
    [],
  );
});
