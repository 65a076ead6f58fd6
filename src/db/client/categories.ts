/** Categories of a client's torrents, and the labels that exist whether or not a torrent has one. */
import type { BatchStatement, Connection } from '../connection.ts';
import { storable } from '../text-search.ts';

export interface CategoryRow {
  readonly name: string;
  /** Empty: none of its own. */
  readonly savePath: string;
}

const PUT: BatchStatement = {
  columns: { name: 'text', save_path: 'text' },
  steps: [
    `insert into client_categories (name, save_path) select name, save_path from batch where true
      on conflict (name) do update set save_path = excluded.save_path`,
  ],
};

const REMOVE: BatchStatement = {
  columns: { name: 'text' },
  steps: ['delete from client_categories where name in (select name from batch)'],
};

const ADD_LABELS: BatchStatement = {
  columns: { name: 'text' },
  steps: ['insert into client_labels (name) select name from batch where true on conflict (name) do nothing'],
};

const REMOVE_LABELS: BatchStatement = {
  columns: { name: 'text' },
  steps: ['delete from client_labels where name in (select name from batch)'],
};

const rowsOf = (names: readonly string[]): string[][] => [...new Set(names)].map((name) => [storable(name)]);

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ClientCategories {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async list(): Promise<CategoryRow[]> {
    const rows = await this.#connection.kysely.selectFrom('client_categories').selectAll().orderBy('name').execute();
    return rows.map(({ name, save_path: savePath }) => ({ name, savePath }));
  }

  /** Adds it, or gives the one of that name another path. */
  async put({ name, savePath }: CategoryRow): Promise<void> {
    await this.#connection.runBatch(PUT, [[storable(name), storable(savePath)]]);
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.#connection.runBatch(REMOVE, rowsOf(names));
  }

  async labels(): Promise<string[]> {
    const rows = await this.#connection.kysely.selectFrom('client_labels').select('name').orderBy('name').execute();
    return rows.map(({ name }) => name);
  }

  async addLabels(labels: readonly string[]): Promise<void> {
    await this.#connection.runBatch(ADD_LABELS, rowsOf(labels));
  }

  async removeLabels(labels: readonly string[]): Promise<void> {
    await this.#connection.runBatch(REMOVE_LABELS, rowsOf(labels));
  }
}
