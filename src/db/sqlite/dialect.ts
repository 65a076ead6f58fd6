/** kysely over node:sqlite: the shape of driver that kysely's SQLite dialect expects, with errors of this layer. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { sqliteFault } from './fault.ts';

/** SQLite has no boolean. */
export const toSqlite = (value: unknown): SQLInputValue =>
  typeof value === 'boolean' ? Number(value) : (value as SQLInputValue);

/** Does `work`; whatever it throws becomes an error of this layer. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteFault(error);
  }
}

class Statement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return guarded(() => this.#statement.all(...parameters.map(toSqlite)));
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return guarded(() => this.#statement.run(...parameters.map(toSqlite)));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return guarded(() => this.#statement.iterate(...parameters.map(toSqlite)));
  }
}

/**
 * Transactions begin `immediate`: one that reads first and then wants to write would otherwise fail at once with
 * SQLITE_BUSY, whatever the busy timeout, when another connection wrote in between.
 */
export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  const adapted: SqliteDatabase = {
    prepare: (sql) => guarded(() => new Statement(database.prepare(sql === 'begin' ? 'begin immediate' : sql))),
    close: () => database.close(),
  };
  return new SqliteDialect({ database: adapted });
}
