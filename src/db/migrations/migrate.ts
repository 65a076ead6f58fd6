/**
 * Brings the tables to the newest form. All pending migrations run in one transaction, so a database is never between
 * two forms. (kysely's own Migrator runs without a transaction on SQLite, and so could leave half a migration behind.)
 */
import { type Kysely, sql } from 'kysely';
import { DstError, messageOf } from '../../base/errors.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { tracker } from './0001-tracker.ts';
import { trackerRevisions } from './0002-tracker-revisions.ts';
import { trackerFollowing } from './0003-tracker-following.ts';
import { client } from './0004-client.ts';
import { clientWasted } from './0005-client-wasted.ts';
import type { Migration } from './migration.ts';

/** All migrations, oldest first. */
export const allMigrations: readonly Migration[] = [tracker, trackerRevisions, trackerFollowing, client, clientWasted];

const TABLE = 'dst_migrations';

/**
 * Rejects with DB_TOO_NEW when the database knows a migration that `migrations` does not, with DB_MIGRATION_FAILED
 * when one fails. Resolves with the path of the backup that was made, or null.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  now: UnixSeconds,
): Promise<string | null> {
  const applied = (await connection.hasTable(TABLE)) ? await appliedTo(connection.kysely, migrations) : [];
  if (applied.length === migrations.length) return null;
  const backup = applied.length === 0 ? null : await connection.backUp(applied.at(-1) as string);
  try {
    await connection.kysely.transaction().execute((transaction) => apply(connection, transaction, migrations, now));
  } catch (error) {
    if (error instanceof DstError && (error.isRetryable || error.code === 'DB_TOO_NEW')) throw error;
    const words = `the database could not be migrated: ${messageOf(error)}`;
    throw dbError('DB_MIGRATION_FAILED', words, { cause: error, details: { backup } });
  }
  return backup;
}

/** Within a transaction that no other process's migration can share. */
async function apply(
  connection: Connection,
  transaction: Kysely<Schema>,
  migrations: readonly Migration[],
  now: UnixSeconds,
): Promise<void> {
  const { columnTypes, tableSuffix, migrationLock } = connection;
  const run = (statement: string): Promise<unknown> => sql.raw(statement).execute(transaction);
  if (migrationLock !== null) await run(migrationLock);
  await run(
    `create table if not exists ${TABLE} (name ${columnTypes.text} not null primary key, applied_at ${columnTypes.integer} not null) ${tableSuffix}`,
  );
  const applied = await appliedTo(transaction, migrations);
  for (const { name, statements } of migrations.slice(applied.length)) {
    for (const statement of statements(connection)) await run(statement);
    await transaction.insertInto(TABLE).values({ name, applied_at: now }).execute();
  }
}

/** Names of the migrations that the database has had, oldest first: always the first so many of `migrations`. */
async function appliedTo(kysely: Kysely<Schema>, migrations: readonly Migration[]): Promise<string[]> {
  const rows = await kysely.selectFrom(TABLE).select('name').orderBy('name').execute();
  const unknown = rows.find(({ name }, i) => migrations[i]?.name !== name);
  if (unknown === undefined) return rows.map(({ name }) => name);
  const words = `the database has had the migration ${unknown.name}, which this version does not know`;
  throw dbError('DB_TOO_NEW', words, { details: { migration: unknown.name } });
}
