/** Transactions on SQLite: batches, each step prepared once and run for one row after the other, then the next step, and counted writes. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';
import { type BatchRow, type BatchStatement, batchHead, countRevision } from '../connection.ts';
import type { RevisionArea } from '../schema.ts';
import { guarded, toSqlite } from './dialect.ts';

export class SqliteTransactions {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<BatchStatement, readonly StatementSync[]>();
  #isEachSynced = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  syncEach(): void {
    this.#isEachSynced = true;
    this.#synchronous('full');
  }

  runBatch(statement: BatchStatement, rows: readonly BatchRow[]): number {
    if (!this.#isEachSynced || statement.isSyncedLater !== true) return this.#runBatch(statement, rows);
    this.#synchronous('normal');
    try {
      return this.#runBatch(statement, rows);
    } finally {
      this.#synchronous('full');
    }
  }

  #runBatch(statement: BatchStatement, rows: readonly BatchRow[]): number {
    return this.#transact(() => {
      const steps = this.#prepare(statement);
      let changes = 0;
      const values = rows.map((row) => row.map(toSqlite));
      for (const step of steps) for (const row of values) changes += Number(step.run(...row).changes);
      if (changes > 0 && statement.area !== undefined) this.#database.exec(countRevision(statement.area));
      return changes;
    });
  }

  write<Row>({ sql, parameters }: CompiledQuery<Row>, area: RevisionArea): Row[] {
    return this.#transact(() => {
      const rows = this.#database.prepare(sql).all(...parameters.map(toSqlite));
      if (rows.length > 0) this.#database.exec(countRevision(area));
      return rows as Row[];
    });
  }

  #synchronous(mode: 'normal' | 'full'): void {
    guarded(() => this.#database.exec(`pragma synchronous = ${mode}`));
  }

  /**
   * The whole transaction is one call without an `await`: no other statement of this connection can get into it, and
   * a second connection of the same thread never waits for a transaction that its own waiting holds up.
   */
  #transact<Result>(work: () => Result): Result {
    return guarded(() => {
      this.#database.exec('begin immediate');
      try {
        const result = work();
        this.#database.exec('commit');
        return result;
      } finally {
        if (this.#database.isTransaction) this.#database.exec('rollback');
      }
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
