/** Which database an address means, and a database ready for use behind it. */
import { resolve } from 'node:path';
import { sql } from 'kysely';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Millis } from '../base/units.ts';
import { ClientRepository } from './client/client-repository.ts';
import type { Connection } from './connection.ts';
import { dbError } from './errors.ts';
import { allMigrations, migrate } from './migrations/migrate.ts';
import type { Migration } from './migrations/migration.ts';
import { openPostgres } from './postgres/open.ts';
import { openSqlite } from './sqlite/open.ts';
import { TrackerRepository } from './tracker/tracker-repository.ts';

export interface DatabaseOptions {
  /** Calendar time for `createdAt`, expiry and the like; default: the machine's. */
  readonly clock?: Pick<Clock, 'wall'>;
  /**
   * How long a call may hold up the thread once the database is open, while another process writes to the file; then
   * it rejects with DB_BUSY. Default: 5 s.
   */
  readonly busyTimeout?: Millis;
  /**
   * Every transaction of an SQLite file outlives a power cut, not only the end of the process: milliseconds each.
   * Default: false. PostgreSQL does as its server is set up.
   */
  readonly outlivesPowerCut?: boolean;
}

/** An open database. Close it at the end; whatever is called after that rejects with DB_CLOSED. */
export interface Database extends AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres';
  /** Path of the copy that was made before the file was migrated from an older version; null when it was not. */
  readonly backup: string | null;
  /** There was nothing in it before. */
  readonly isNew: boolean;
  readonly tracker: TrackerRepository;
  readonly client: ClientRepository;
  /** Resolves when the database answers; rejects with what is wrong: for health checks. */
  check(): Promise<void>;
  /** Reads all of an SQLite file; rejects with DB_DAMAGED when something of it is wrong. A server sees to that itself. */
  checkWhole(): Promise<void>;
  /**
   * Copies an SQLite file beside itself, as `PATH.LABEL.backup`, in place of an earlier copy; null where there is no file.
   * Rejects DB_DAMAGED when something of it is wrong; the earlier copy stays then.
   */
  backUp(label: string): Promise<string | null>;
  close(): Promise<void>;
}

/** It is there since the first migration. */
const FIRST_TABLE = 'torrents';

/**
 * Opens a database and brings its tables to the newest form. `url` is a path, `sqlite:/path/file.db`, `:memory:` or
 * `postgres://user:password@host/name`. An SQLite file that is not current is copied beside itself first.
 * Rejects with DB_BAD_URL, DB_OPEN_FAILED, DB_UNREACHABLE, DB_DAMAGED, DB_TOO_NEW, DB_BUSY, DB_FULL or
 * DB_MIGRATION_FAILED.
 */
export const openDatabase = (url: string, options: DatabaseOptions = {}): Promise<Database> =>
  openWith(url, allMigrations, options);

/** One after another, because a migration of SQLite would wait, with its thread, for another of the same thread. */
let lastOpening: Promise<unknown> = Promise.resolve();

/** Like `openDatabase`, with these migrations instead of all. */
export function openWith(
  url: string,
  migrations: readonly Migration[],
  { clock = systemClock, busyTimeout, outlivesPowerCut = false }: DatabaseOptions = {},
): Promise<Database> {
  const opening = lastOpening.then(async () => {
    const connection = await connect(url);
    try {
      const isNew = !(await connection.hasTable(FIRST_TABLE));
      const backup = await migrate(connection, migrations, clock.wall());
      if (busyTimeout !== undefined) connection.setBusyTimeout(busyTimeout);
      if (outlivesPowerCut) connection.syncEachTransaction();
      return wrap(connection, { backup, isNew }, clock);
    } catch (error) {
      await connection.close();
      throw error;
    }
  });
  lastOpening = opening.catch(() => {});
  return opening;
}

async function connect(url: string): Promise<Connection> {
  if (/^postgres(ql)?:/i.test(url)) return openPostgres(url);
  const path = url.replace(/^sqlite:(\/\/(?=\/))?/i, '');
  if (path === ':memory:') return openSqlite(path);
  // One letter and a colon is a drive.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1];
  if (path === '') throw dbError('DB_BAD_URL', 'the database address names no file');
  // An address with a password whose scheme is mistyped is not to be repeated as the path of a file.
  if (scheme === undefined && /:[^@]*@/.test(path.replace(/^[a-z]:/i, ''))) {
    throw dbError('DB_BAD_URL', 'the database address looks like one of a server, but does not begin with postgres://');
  }
  if (scheme !== undefined) throw dbError('DB_BAD_URL', `there is no kind of database called ${scheme}`);
  return openSqlite(resolve(path));
}

function wrap(
  connection: Connection,
  opened: Pick<Database, 'backup' | 'isNew'>,
  clock: Pick<Clock, 'wall'>,
): Database {
  const close = (): Promise<void> => connection.close();
  return {
    dialect: connection.dialect,
    ...opened,
    tracker: new TrackerRepository(connection, clock),
    client: new ClientRepository(connection, clock),
    check: async () => {
      await connection.hasTable(FIRST_TABLE);
    },
    checkWhole: async () => {
      if (connection.dialect !== 'sqlite') return;
      const { rows } = await sql<Record<string, string>>`pragma quick_check(1)`.execute(connection.kysely);
      const found = Object.values(rows[0] ?? {})[0];
      if (found !== 'ok') throw dbError('DB_DAMAGED', `SQLite: ${found ?? 'the check gave no answer'}`);
    },
    backUp: (label) => connection.backUp(label),
    close,
    [Symbol.asyncDispose]: close,
  };
}
