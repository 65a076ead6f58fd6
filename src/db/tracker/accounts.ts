/** Accounts of a private tracker: who may announce, how much, and what they have transferred. */
import { type Selectable, sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import { type BatchStatement, type Connection, nextRevision } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { addSafely, LOAD_PAGE, listLimit, mergeByKey, pagesOf, sqlSum } from '../paging.ts';
import { fold, nameContains, storable } from '../text-search.ts';

/** What an administrator decides about an account. */
export interface AccountSettings {
  /** Not empty; no two accounts have the same. */
  readonly name: string;
  readonly isEnabled: boolean;
  /** Most peers of the account at a time; null: as many as it likes. */
  readonly maxPeers: number | null;
  /** From when on the account counts as disabled; null: never. */
  readonly expiresAt: UnixSeconds | null;
}

export interface Account extends AccountSettings {
  readonly id: number;
  /** As the account's clients report. */
  readonly uploaded: ByteCount;
  readonly downloaded: ByteCount;
  readonly createdAt: UnixSeconds;
}

export type AccountChange = { readonly [Key in keyof AccountSettings]?: AccountSettings[Key] | undefined };

/** What an account has transferred since it was last counted. */
export interface AccountTraffic {
  readonly accountId: number;
  readonly uploaded: ByteCount;
  readonly downloaded: ByteCount;
}

export interface AccountListQuery {
  /** Id of the last account of the page before. */
  readonly after?: number | undefined;
  /** Most rows to give, at most 1000. */
  readonly limit: number;
  /** Part of the name, in any case. */
  readonly search?: string | undefined;
}

const ADD_TRAFFIC: BatchStatement = {
  columns: { id: 'integer', uploaded: 'integer', downloaded: 'integer' },
  steps: [
    `update accounts set
        uploaded = ${sqlSum('accounts.uploaded', 'batch.uploaded')},
        downloaded = ${sqlSum('accounts.downloaded', 'batch.downloaded')}
      from batch where accounts.id = batch.id`,
  ],
};

/** Followers learn of a removal from a row that outlives the account. */
const REMOVE: BatchStatement = {
  columns: { id: 'integer', at: 'integer' },
  steps: [
    `insert into removed_accounts (revision, id, removed_at)
      select ${nextRevision('members')}, accounts.id, batch.at from batch join accounts on accounts.id = batch.id`,
    'delete from accounts where id in (select id from batch)',
  ],
  area: 'members',
};

const PRUNE: BatchStatement = {
  columns: { before: 'integer' },
  steps: ['delete from removed_accounts where removed_at < (select before from batch)'],
};

type Row = Selectable<Schema['accounts']>;
const revision = sql.raw<number>(nextRevision('members'));

const toAccount = (row: Row): Account => ({
  id: row.id,
  name: row.name,
  isEnabled: Boolean(row.is_enabled),
  maxPeers: row.max_peers,
  expiresAt: row.expires_at,
  uploaded: row.uploaded,
  downloaded: row.downloaded,
  createdAt: row.created_at,
});

/** Says which name it is that another account has: the database's own words are not for everybody. */
const nameTaken =
  (name: string | undefined) =>
  (error: unknown): never => {
    if (codeOf(error) !== 'DB_DUPLICATE') throw error;
    throw dbError('DB_DUPLICATE', `there is an account with the name ${JSON.stringify(name)} already`);
  };

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class Accounts {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** All accounts, in pages. */
  load(): AsyncGenerator<Account[], void, void> {
    return pagesOf((after: Account | null) => this.#read(after?.id, LOAD_PAGE));
  }

  /** The accounts that were made or changed after a revision, in pages. */
  changedAfter(seen: number): AsyncGenerator<Account[], void, void> {
    return pagesOf(async (after: (Account & { revision: number }) | null) => {
      let query = this.#connection.kysely.selectFrom('accounts').selectAll().where('revision', '>', 0);
      if (after === null) query = query.where('revision', '>', seen);
      else query = query.where((eb) => eb(eb.refTuple('revision', 'id'), '>', eb.tuple(after.revision, after.id)));
      const rows = await query.orderBy('revision').orderBy('id').limit(LOAD_PAGE).execute();
      return rows.map((row) => ({ ...toAccount(row), revision: row.revision }));
    });
  }

  /** The accounts that were removed after a revision, in pages, as long as they have not been pruned. */
  removedAfter(seen: number): AsyncGenerator<{ readonly id: number }[], void, void> {
    return pagesOf((after: { readonly id: number; readonly revision: number } | null) => {
      let query = this.#connection.kysely.selectFrom('removed_accounts').select(['id', 'revision']);
      if (after === null) query = query.where('revision', '>', seen);
      else query = query.where((eb) => eb(eb.refTuple('revision', 'id'), '>', eb.tuple(after.revision, after.id)));
      return query.orderBy('revision').orderBy('id').limit(LOAD_PAGE).execute();
    });
  }

  /** A page of accounts in the order of ids. */
  list({ after, limit, search }: AccountListQuery): Promise<Account[]> {
    return this.#read(after, listLimit(limit), search);
  }

  async find(id: number): Promise<Account | null> {
    const query = this.#connection.kysely.selectFrom('accounts').selectAll().where('id', '=', id);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : toAccount(row);
  }

  /** Rejects with DB_DUPLICATE when there is an account of that name. */
  async create({ name, isEnabled, maxPeers, expiresAt }: AccountSettings): Promise<Account> {
    const query = this.#connection.kysely
      .insertInto('accounts')
      .values({
        name: storable(name),
        name_folded: fold(name),
        is_enabled: isEnabled,
        max_peers: maxPeers,
        expires_at: expiresAt,
        uploaded: 0,
        downloaded: 0,
        created_at: this.#clock.wall(),
        revision,
      })
      .returningAll();
    const [row] = await this.#connection.write(query, 'members').catch(nameTaken(name));
    return toAccount(row as Row);
  }

  /** Resolves with the account as it is now, or null when there is none. Rejects with DB_DUPLICATE as `create` does. */
  async change(id: number, change: AccountChange): Promise<Account | null> {
    const { name, isEnabled, maxPeers, expiresAt } = change;
    const values = {
      ...(name !== undefined && { name: storable(name), name_folded: fold(name) }),
      ...(isEnabled !== undefined && { is_enabled: isEnabled }),
      ...(maxPeers !== undefined && { max_peers: maxPeers }),
      ...(expiresAt !== undefined && { expires_at: expiresAt }),
    };
    if (Object.keys(values).length === 0) return this.find(id);
    const query = this.#connection.kysely
      .updateTable('accounts')
      .set({ ...values, revision })
      .where('id', '=', id);
    const [row] = await this.#connection.write(query.returningAll(), 'members').catch(nameTaken(name));
    return row === undefined ? null : toAccount(row);
  }

  /** Removes the account and its passkeys. Resolves with whether there was one. */
  async remove(id: number): Promise<boolean> {
    return (await this.#connection.runBatch(REMOVE, [[id, this.#clock.wall()]])) > 0;
  }

  /** Forgets which accounts were removed before that time: see `Torrents.prune`. Resolves with their number. */
  prune(before: UnixSeconds): Promise<number> {
    return this.#connection.runBatch(PRUNE, [[before]]);
  }

  /**
   * Adds to what accounts have transferred, all or none; resolves when it is durable. Accounts that there are not are
   * passed over; a sum stops at the largest safe integer.
   */
  async addTraffic(traffic: readonly AccountTraffic[]): Promise<void> {
    const merged = mergeByKey(
      traffic,
      ({ accountId }) => String(accountId),
      (a, b) => ({
        accountId: a.accountId,
        uploaded: addSafely(a.uploaded, b.uploaded),
        downloaded: addSafely(a.downloaded, b.downloaded),
      }),
    );
    const rows = merged.map(({ accountId, uploaded, downloaded }) => [
      accountId,
      addSafely(uploaded, 0),
      addSafely(downloaded, 0),
    ]);
    await this.#connection.runBatch(ADD_TRAFFIC, rows);
  }

  async #read(after: number | undefined, limit: number, search?: string): Promise<Account[]> {
    let query = this.#connection.kysely.selectFrom('accounts').selectAll();
    if (after !== undefined) query = query.where('id', '>', after);
    if (search !== undefined) query = query.where(nameContains(search));
    return (await query.orderBy('id').limit(limit).execute()).map(toAccount);
  }
}
