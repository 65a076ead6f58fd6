/**
 * The embedded database: one file, one connection, used by the thread that opened it.
 *
 * 1. Write-ahead log with `synchronous = normal`: a transaction is in the operating system's hands when it is made, so
 *    it outlives a killed process. A power cut may take the last few transactions, but never damages the file. Who
 *    writes seldom and dear things has each transaction synced (`synchronous = full`).
 * 2. Calls are synchronous underneath and take the thread for their duration: 10 to 20 µs a row written, a full scan of a
 *    million torrents 0.1 s. In exchange a look-up costs microseconds and no message between threads.
 */
import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Kysely } from 'kysely';
import { messageOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { guarded, sqliteDialect } from './dialect.ts';
import { sqliteFault } from './fault.ts';
import { SqliteTransactions } from './transactions.ts';

/** How long a statement waits for another process's transaction, at first. The thread sleeps meanwhile. */
const BUSY_TIMEOUT: Millis = 5_000;
/** Pages of a backup that are copied before other work of the thread gets its turn. */
const BACKUP_STEP = 1_000;

/** Per connection; only the journal mode is kept in the file. Cache in KiB when negative; log limit in bytes. */
const SETTINGS = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma journal_size_limit = 67108864;
  pragma cache_size = -16384;
  pragma temp_store = memory;`;

/** Result code of what has none of its own. */
const SQLITE_ERROR = 1;

/** Opens the file at `path`, creating it (for its owner only) when there is none, or a database in memory. */
export async function openSqlite(path: string, busyTimeout: Millis = BUSY_TIMEOUT): Promise<Connection> {
  const isMemory = path === ':memory:';
  if (!isMemory) touch(path);
  const database = guarded(() => new DatabaseSync(path, { timeout: busyTimeout }));
  try {
    database.exec(SETTINGS);
  } catch (error) {
    database.close();
    const fault = sqliteFault(error);
    // Nothing is wrong with these statements: `unsupported file format`.
    if (fault.code !== 'DB_FAILED' || fault.details.result !== SQLITE_ERROR) throw fault;
    throw dbError('DB_DAMAGED', fault.message, { cause: error });
  }
  const transactions = new SqliteTransactions(database);
  const masterRow = `select 1 from sqlite_master where type = 'table' and name = ?`;
  return {
    dialect: 'sqlite',
    kysely: new Kysely<Schema>({ dialect: sqliteDialect(database) }),
    columnTypes: {
      bytes: 'blob',
      flag: 'integer',
      integer: 'integer',
      text: 'text',
      id: 'integer primary key autoincrement',
    },
    tableSuffix: 'strict',
    migrationLock: null,
    hasTable: async (name) => guarded(() => database.prepare(masterRow).get(name) !== undefined),
    runBatch: async (statement, rows) => (rows.length === 0 ? 0 : transactions.runBatch(statement, rows)),
    write: async (query, area) => transactions.write(query.compile(), area),
    backUp: async (label) => (isMemory ? null : await copy(database, `${path}.${label}.backup`)),
    syncEachTransaction: () => transactions.syncEach(),
    setBusyTimeout: (timeout) => guarded(() => database.exec(`pragma busy_timeout = ${timeout}`)),
    close: async () => {
      if (database.isOpen) database.close();
    },
  };
}

/** Creates the file when it is missing: SQLite would let everybody read it. */
function touch(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw dbError('DB_OPEN_FAILED', `cannot open ${path}: ${messageOf(error)}`, { cause: error, details: { path } });
  }
}

/** The copy gets its name when it is whole, and nothing of it is wrong: what is damaged must not replace a good copy. */
async function copy(database: DatabaseSync, path: string): Promise<string> {
  const unfinished = `${path}.unfinished`;
  try {
    rmSync(unfinished, { force: true });
    touch(unfinished);
    await backup(database, unfinished, { rate: BACKUP_STEP });
    refuseDamaged(unfinished);
    chmodSync(unfinished, 0o600);
    renameSync(unfinished, path);
    return path;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw sqliteFault(error);
  }
}

/** Reads all of a file that nobody writes to. */
function refuseDamaged(path: string): void {
  const url = pathToFileURL(path);
  // No side files beside it.
  url.searchParams.set('immutable', '1');
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    const found = database.prepare('pragma quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok') throw dbError('DB_DAMAGED', `SQLite: ${String(found ?? 'the check gave no answer')}`);
  } finally {
    database.close();
  }
}
