/** Passkeys, by which an announce names its account. Only their hashes are kept, so a stolen database opens nothing. */
import { type Selectable, sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { type Connection, nextRevision } from '../connection.ts';
import type { Schema } from '../schema.ts';
import { LOAD_PAGE, pagesOf } from '../paging.ts';
import { storable } from '../text-search.ts';

export interface Passkey {
  /** SHA-256 of the passkey, 32 bytes. */
  readonly hash: Uint8Array;
  readonly accountId: number;
  /** What its owner calls it. */
  readonly label: string;
  readonly createdAt: UnixSeconds;
  /** Since when it is worth nothing; null: it is valid. */
  readonly revokedAt: UnixSeconds | null;
}

type Row = Selectable<Schema['passkeys']>;
const revision = sql.raw<number>(nextRevision('members'));

const toPasskey = (row: Row): Passkey => ({
  hash: row.hash,
  accountId: row.account_id,
  label: row.label,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
});

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class Passkeys {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** All passkeys that were not revoked, in pages. */
  load(): AsyncGenerator<Passkey[], void, void> {
    return pagesOf(async (after: Passkey | null) => {
      let query = this.#connection.kysely.selectFrom('passkeys').selectAll().where('revoked_at', 'is', null);
      if (after !== null) query = query.where('hash', '>', after.hash);
      return (await query.orderBy('hash').limit(LOAD_PAGE).execute()).map(toPasskey);
    });
  }

  /** The passkeys that were made or revoked after a revision, in pages; not those that went with their account. */
  changedAfter(seen: number): AsyncGenerator<Passkey[], void, void> {
    return pagesOf(async (after: (Passkey & { revision: number }) | null) => {
      let query = this.#connection.kysely.selectFrom('passkeys').selectAll().where('revision', '>', 0);
      if (after === null) query = query.where('revision', '>', seen);
      else query = query.where((eb) => eb(eb.refTuple('revision', 'hash'), '>', eb.tuple(after.revision, after.hash)));
      const rows = await query.orderBy('revision').orderBy('hash').limit(LOAD_PAGE).execute();
      return rows.map((row) => ({ ...toPasskey(row), revision: row.revision }));
    });
  }

  /** The passkeys of an account, revoked ones too, oldest first. */
  async list(accountId: number): Promise<Passkey[]> {
    const query = this.#connection.kysely.selectFrom('passkeys').selectAll().where('account_id', '=', accountId);
    return (await query.orderBy('created_at').orderBy('hash').execute()).map(toPasskey);
  }

  /** Rejects with DB_DUPLICATE when the hash is known, DB_CONSTRAINT when the account is not. */
  async create({ hash, accountId, label }: Pick<Passkey, 'hash' | 'accountId' | 'label'>): Promise<Passkey> {
    const created = { hash, account_id: accountId, label: storable(label), created_at: this.#clock.wall() };
    const query = this.#connection.kysely
      .insertInto('passkeys')
      .values({ ...created, revoked_at: null, revision })
      .returningAll();
    const [row] = await this.#connection.write(query, 'members');
    return toPasskey(row as Row);
  }

  /** Resolves with the passkey, or null when there was no valid one to revoke. */
  async revoke(hash: Uint8Array): Promise<Passkey | null> {
    const query = this.#connection.kysely.updateTable('passkeys').set({ revoked_at: this.#clock.wall(), revision });
    const valid = query.where('hash', '=', hash).where('revoked_at', 'is', null);
    const [row] = await this.#connection.write(valid.returningAll(), 'members');
    return row === undefined ? null : toPasskey(row);
  }
}
