/** Which database an address means, and a database ready for use behind it. */
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Millis } from '../base/units.ts';
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
}

/** An open database. Close it at the end; whatever is called after that rejects with DB_CLOSED. */
export interface Database extends AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres';
  /** Path of the copy that was made before the file was migrated from an older version; null when it was not. */
  readonly backup: string | null;
  readonly tracker: TrackerRepository;
  /** Resolves when the database answers; rejects with what is wrong: for health checks. */
  check(): Promise<void>;
  close(): Promise<void>;
}

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
  { clock = systemClock, busyTimeout }: DatabaseOptions = {},
): Promise<Database> {
  const opening = lastOpening.then(async () => {
    const connection = await connect(url);
    try {
      const backup = await migrate(connection, migrations, clock.wall());
      if (busyTimeout !== undefined) connection.setBusyTimeout(busyTimeout);
      return wrap(connection, backup, clock);
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
  if (scheme !== undefined) throw dbError('DB_BAD_URL', `there is no kind of database called ${scheme}`);
  return openSqlite(resolve(path));
}

function wrap(connection: Connection, backup: string | null, clock: Pick<Clock, 'wall'>): Database {
  const close = (): Promise<void> => connection.close();
  return {
    dialect: connection.dialect,
    backup,
    tracker: new TrackerRepository(connection, clock),
    check: async () => {
      await connection.hasTable('torrents');
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
