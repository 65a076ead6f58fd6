import type { Connection } from '../connection.ts';

/** What a migration may know of the dialect. */
export type MigrationDialect = Pick<Connection, 'dialect' | 'columnTypes' | 'tableSuffix'>;

/** A step from one form of the tables to the next. Once released it is never changed; there is no way back. */
export interface Migration {
  /** `NNNN-topic`: the order of names is the order of migrations. */
  readonly name: string;
  /** Statements, run in one transaction. */
  readonly statements: (dialect: MigrationDialect) => readonly string[];
}
