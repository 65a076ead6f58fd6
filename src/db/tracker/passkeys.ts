/** Passkeys, by which an announce names its account. Only their hashes are kept, so a stolen database opens nothing. */
import type { Selectable } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import type { Schema } from '../schema.ts';
import { LOAD_PAGE, pagesOf } from './paging.ts';
import { removeHash, revokeHash } from './secret-hashes.ts';
import { storable } from './text-search.ts';

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

  /** The passkeys of an account, revoked ones too, oldest first. */
  async list(accountId: number): Promise<Passkey[]> {
    const query = this.#connection.kysely.selectFrom('passkeys').selectAll().where('account_id', '=', accountId);
    return (await query.orderBy('created_at').orderBy('hash').execute()).map(toPasskey);
  }

  async find(hash: Uint8Array): Promise<Passkey | null> {
    const query = this.#connection.kysely.selectFrom('passkeys').selectAll().where('hash', '=', hash);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : toPasskey(row);
  }

  /** Rejects with DB_DUPLICATE when the hash is known, DB_CONSTRAINT when the account is not. */
  async create({ hash, accountId, label }: Pick<Passkey, 'hash' | 'accountId' | 'label'>): Promise<Passkey> {
    const query = this.#connection.kysely
      .insertInto('passkeys')
      .values({ hash, account_id: accountId, label: storable(label), created_at: this.#clock.wall(), revoked_at: null })
      .returningAll();
    const [row] = await this.#connection.write(query, 'members');
    return toPasskey(row as Row);
  }

  /** Resolves with whether there was a valid passkey to revoke. */
  revoke(hash: Uint8Array): Promise<boolean> {
    return revokeHash(this.#connection, 'passkeys', hash, this.#clock.wall());
  }

  /** Forgets a passkey. Resolves with whether there was one. */
  remove(hash: Uint8Array): Promise<boolean> {
    return removeHash(this.#connection, 'passkeys', hash);
  }
}
