/** Batches on SQLite: each step is prepared once and run for one row after the other, synchronously. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type BatchRow, type BatchStatement, batchHead } from '../connection.ts';
import { guarded, toSqlite } from './dialect.ts';

export class SqliteBatches {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<BatchStatement, readonly StatementSync[]>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * The whole transaction is one call without an `await`: no other statement of this connection can get into it, and
   * a second connection of the same thread never waits for a transaction that its own waiting holds up.
   */
  run(statement: BatchStatement, rows: readonly BatchRow[]): number {
    return guarded(() => {
      const steps = this.#prepare(statement);
      let changes = 0;
      this.#database.exec('begin immediate');
      try {
        for (const row of rows) {
          const values = row.map(toSqlite);
          for (const step of steps) changes += Number(step.run(...values).changes);
        }
        this.#database.exec('commit');
      } finally {
        if (this.#database.isTransaction) this.#database.exec('rollback');
      }
      return changes;
    });
  }

  #prepare(statement: BatchStatement): readonly StatementSync[] {
    const known = this.#prepared.get(statement);
    if (known !== undefined) return known;
    const places = Object.keys(statement.columns).map(() => '?');
    const head = `with ${batchHead(statement)} as (values (${places.join(', ')}))`;
    const steps = statement.steps.map((step) => this.#database.prepare(`${head} ${step}`));
    this.#prepared.set(statement, steps);
    return steps;
  }
}
