/**
 * What the repositories and migrations need of a database, and each dialect offers: queries through kysely, and
 * batches of rows, which are what a tracker writes all day and where kysely would cost ten times the statement itself.
 * Every error that comes out of a connection is a DstError of this layer's table.
 */
import type { Compilable, Kysely } from 'kysely';
import type { Millis } from '../base/units.ts';
import type { RevisionArea, Schema } from './schema.ts';

/** How a value is kept: `bytes` is a Uint8Array, `flag` a boolean, `integer` a safe integer, `text` without U+0000. */
export type ColumnKind = 'bytes' | 'flag' | 'integer' | 'text';
export type ColumnValue = Uint8Array | boolean | number | string | null;

/**
 * SQL over a table `batch` with the given columns, in words that all dialects know. SQLite runs a step for one row at a
 * time through a prepared statement, PostgreSQL once for all rows: so no row may have the key of another, and after
 * `from batch` an insert with `on conflict` needs `where true` (SQLite would read `on` as part of a join).
 */
export interface BatchStatement {
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Run in this order, each for all rows before the next, in one transaction. */
  readonly steps: readonly string[];
  /** Whose revision counts up, once and in the same transaction, when a row was changed. */
  readonly area?: RevisionArea;
  /** A power cut may take it: it is synced with the next transaction, whatever `syncEachTransaction` says. */
  readonly isSyncedLater?: boolean;
}

/** One row of a batch: a value for each column, in the order of `columns`. */
export type BatchRow = readonly ColumnValue[];

export interface Connection {
  readonly dialect: 'sqlite' | 'postgres';
  readonly kysely: Kysely<Schema>;
  /** SQL type of each kind of column, and of a key that the database counts up. */
  readonly columnTypes: Readonly<Record<ColumnKind | 'id', string>>;
  /** What follows the parenthesis of `create table`. */
  readonly tableSuffix: string;
  /** Statement that keeps other processes from migrating until the transaction ends; null where a transaction does. */
  readonly migrationLock: string | null;
  /** Whether the table exists. */
  hasTable(name: string): Promise<boolean>;
  /**
   * Runs all rows in one transaction. Resolves with the number of rows inserted, changed or removed, once the
   * transaction is made: it outlives the end of the process.
   */
  runBatch(statement: BatchStatement, rows: readonly BatchRow[]): Promise<number>;
  /**
   * Runs a query that returns the rows it writes and, when there are any, counts the area's revision up in the same
   * transaction. Resolves with the rows. kysely's own transactions will not do: on SQLite they stay open during an
   * `await`, and a batch of the same connection would come into the middle of them.
   */
  write<Row>(query: Compilable<Row>, area: RevisionArea): Promise<Row[]>;
  /**
   * Copies the database beside itself, under a name with `label`. Resolves with the path of the copy, or null where
   * that is the task of the server's own tools or there is no file.
   */
  backUp(label: string): Promise<string | null>;
  /** How long a call may hold up the thread, from now on, while another process has the file. A server holds up none. */
  setBusyTimeout(timeout: Millis): void;
  /** From now on each transaction outlives a power cut, if its statement does not say otherwise. A server has its own settings for it. */
  syncEachTransaction(): void;
  /** Statements that still run a second later are cut off. */
  close(): Promise<void>;
}

/**
 * SQL with which a PostgreSQL transaction of an area begins (an SQLite file has one writer anyway). Transactions of one
 * area so come one after another: who reads a number also sees every row that bears this number or a lower one, and
 * never misses a change. Whoever has the lock waits only for batches that count nothing, and those not for it.
 */
export const lockRevision = (area: RevisionArea): string =>
  `select number from revisions where area = '${area}' for update`;

/** SQL: the number that the rows of the present transaction bear. */
export const nextRevision = (area: RevisionArea): string => `(select number + 1 from revisions where area = '${area}')`;

/** SQL that counts an area's revision up, when something was changed. */
export const countRevision = (area: RevisionArea): string =>
  `update revisions set number = number + 1 where area = '${area}'`;

/** Text of the common head of the batch's steps: names and order of the columns. */
export const batchHead = (statement: BatchStatement): string => `batch(${Object.keys(statement.columns).join(', ')})`;
