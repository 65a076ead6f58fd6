/**
 * A PostgreSQL server (14 or later), for a tracker of several processes. The tables are made in the first schema of
 * the search path; the address may name another: `?options=-c search_path=dst`. Backups are the server's task.
 */
import { Kysely, sql } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { systemClock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import type { Schema } from '../schema.ts';
import { guarded, postgresDialect } from './dialect.ts';
import { runPostgresBatch, writePostgres } from './transactions.ts';

/** Connections of this process at a time; what comes beyond them waits. */
const MOST_CONNECTIONS = 4;
/** How long to wait for a connection, ms. */
const CONNECT_TIMEOUT = 5_000;
/** When the server gives a statement up, ms, and when we give the server up. */
const STATEMENT_TIMEOUT = 30_000;
const ANSWER_TIMEOUT = 60_000;
/** How long statements that run may take when the pool is closed. */
const CLOSE_TIMEOUT: Millis = 1_000;

/** Keys of the advisory lock: "DST" and a zero, which are ours, and what is locked. */
const MIGRATION_LOCK = [0x44535400, 1].join(', ');

/** Connects and makes sure that the server answers. Rejects with DB_UNREACHABLE or DB_OPEN_FAILED. */
export async function openPostgres(url: string): Promise<Connection> {
  const pool = await makePool(url);
  // Whoever uses a connection that breaks, or needs one next, meets the error itself; without listeners it would be
  // uncaught. The pool's own listens only while the connection is idle.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const endPool = closerOf(pool);
  const kysely = new Kysely<Schema>({ dialect: postgresDialect(pool) });
  const close = async (): Promise<void> => {
    if (!pool.ending) await endPool();
  };
  try {
    await guarded(() => pool.query('select 1'));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    dialect: 'postgres',
    kysely,
    columnTypes: {
      bytes: 'bytea',
      flag: 'boolean',
      integer: 'bigint',
      text: 'text collate "C"',
      id: 'bigint generated always as identity primary key',
    },
    tableSuffix: '',
    migrationLock: `select pg_advisory_xact_lock(${MIGRATION_LOCK})`,
    hasTable: async (name) => {
      const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(kysely);
      return rows[0]?.found === true;
    },
    runBatch: async (statement, rows) => (rows.length === 0 ? 0 : runPostgresBatch(pool, statement, rows)),
    write: (query, area) => writePostgres(kysely, query, area),
    backUp: async () => null,
    syncEachTransaction: () => {},
    setBusyTimeout: () => {},
    close,
  };
}

/** Ends the pool; a connection whose server does not answer would keep it, and the process, from ending. */
function closerOf(pool: Pool): () => Promise<void> {
  const open = new Set<PoolClient>();
  let cut: Disposable | null = null;
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => {
    open.delete(client);
    if (open.size === 0) cut?.[Symbol.dispose]();
  });
  return async () => {
    if (open.size > 0) {
      cut = systemClock.after(CLOSE_TIMEOUT, () => {
        for (const client of open) client.connection.stream.destroy();
      });
    }
    await pool.end();
  };
}

async function makePool(url: string): Promise<Pool> {
  const { default: pg } = await import('pg');
  // pg would read these as Buffer and as text.
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.BYTEA, (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')));
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return new pg.Pool({
    connectionString: url,
    application_name: 'dst-torrent',
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    keepAlive: true,
    types,
  });
}
