/**
 * Transactions on PostgreSQL: batches, whose rows travel as one array for each column and whose steps are one statement
 * each, and counted writes.
 */
import { type Compilable, type Kysely, sql } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { systemClock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import {
  type BatchRow,
  type BatchStatement,
  batchHead,
  type ColumnKind,
  countRevision,
  lockRevision,
} from '../connection.ts';
import type { RevisionArea, Schema } from '../schema.ts';
import { guarded } from './dialect.ts';
import { postgresFault } from './fault.ts';

const arrayTypes: Readonly<Record<ColumnKind, string>> = {
  bytes: 'bytea[]',
  flag: 'boolean[]',
  integer: 'bigint[]',
  text: 'text[]',
};
/** Two batches that lock the same rows in another order: the server ends one of them, which then is done again. */
const DEADLOCK = '40P01';
const ATTEMPTS = 5;
/** Time for the other batch to come to its end, before the second attempt; twice as long before each later one. */
const RETRY_DELAY: Millis = 50;

export async function runPostgresBatch(
  pool: Pool,
  statement: BatchStatement,
  rows: readonly BatchRow[],
): Promise<number> {
  const kinds = Object.values(statement.columns);
  const places = kinds.map((kind, i) => `$${i + 1}::${arrayTypes[kind]}`);
  const head = `with ${batchHead(statement)} as (select * from unnest(${places.join(', ')}))`;
  const columns = kinds.map((_, i) => rows.map((row) => row[i]));
  return guarded(async () => {
    const client = await pool.connect();
    let isBroken = false;
    try {
      for (let attempt = 1; ; attempt++) {
        isBroken = true;
        try {
          const changes = await transact(client, head, statement, columns);
          isBroken = false;
          return changes;
        } catch (error) {
          if (postgresFault(error).code === 'DB_UNREACHABLE') throw error;
          await client.query('rollback');
          isBroken = false;
          if (codeOf(error) !== DEADLOCK || attempt === ATTEMPTS) throw error;
          await systemClock.sleep(RETRY_DELAY * 2 ** (attempt - 1));
        }
      }
    } finally {
      client.release(isBroken);
    }
  });
}

async function transact(
  client: PoolClient,
  head: string,
  { steps, area }: BatchStatement,
  columns: readonly unknown[][],
): Promise<number> {
  let changes = 0;
  await client.query('begin');
  if (area !== undefined) await client.query(lockRevision(area));
  for (const step of steps) changes += (await client.query(`${head} ${step}`, [...columns])).rowCount ?? 0;
  if (changes > 0 && area !== undefined) await client.query(countRevision(area));
  await client.query('commit');
  return changes;
}

export function writePostgres<Row>(kysely: Kysely<Schema>, query: Compilable<Row>, area: RevisionArea): Promise<Row[]> {
  return kysely.transaction().execute(async (transaction) => {
    await sql.raw(lockRevision(area)).execute(transaction);
    const { rows } = await transaction.executeQuery(query);
    if (rows.length > 0) await sql.raw(countRevision(area)).execute(transaction);
    return rows;
  });
}
