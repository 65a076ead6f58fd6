/** Tokens for the administration interface. Like passkeys they are kept as hashes only. */
import type { Selectable } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { BatchStatement, Connection } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { storable } from '../text-search.ts';

export interface ApiToken {
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Uint8Array;
  readonly name: string;
  /** What it allows: words without white space, in the order given. */
  readonly scopes: readonly string[];
  readonly createdAt: UnixSeconds;
  /** From when on it is worth nothing; null: never. */
  readonly expiresAt: UnixSeconds | null;
  /** Since when it is worth nothing; null: it was not revoked. */
  readonly revokedAt: UnixSeconds | null;
}

/** A name means one valid token at a time, because the log knows tokens by it; it is free again when that one ends. */
const CREATE: BatchStatement = {
  columns: { hash: 'bytes', name: 'text', scopes: 'text', at: 'integer', expires_at: 'integer' },
  steps: [
    `insert into api_tokens (hash, name, scopes, created_at, expires_at)
      select hash, name, scopes, at, expires_at from batch where not exists (
        select 1 from api_tokens as other where other.name = batch.name and other.revoked_at is null
          and (other.expires_at is null or other.expires_at > batch.at))`,
  ],
};

const toToken = (row: Selectable<Schema['api_tokens']>): ApiToken => ({
  hash: row.hash,
  name: row.name,
  scopes: row.scopes === '' ? [] : row.scopes.split(' '),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
});

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ApiTokens {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** All tokens, revoked and expired ones too, oldest first. */
  async list(): Promise<ApiToken[]> {
    const query = this.#connection.kysely.selectFrom('api_tokens').selectAll();
    return (await query.orderBy('created_at').orderBy('hash').execute()).map(toToken);
  }

  async find(hash: Uint8Array): Promise<ApiToken | null> {
    const query = this.#connection.kysely.selectFrom('api_tokens').selectAll().where('hash', '=', hash);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : toToken(row);
  }

  /**
   * Rejects with DB_DUPLICATE when a valid token has the name or the hash is known, DB_CONSTRAINT when a scope is empty
   * or has white space. `createdAt`: default now.
   */
  async create(
    settings: Pick<ApiToken, 'hash' | 'name' | 'scopes' | 'expiresAt'> & Partial<Pick<ApiToken, 'createdAt'>>,
  ): Promise<ApiToken> {
    const { hash, scopes, expiresAt, createdAt = this.#clock.wall() } = settings;
    const bad = scopes.find((scope) => !/^\S+$/.test(scope));
    if (bad !== undefined) throw dbError('DB_CONSTRAINT', `a scope is one word, not ${JSON.stringify(bad)}`);
    const name = storable(settings.name);
    const row = [hash, name, storable(scopes.join(' ')), createdAt, expiresAt];
    const created = await this.#connection.runBatch(CREATE, [row]);
    if (created > 0) return { hash, name, scopes, createdAt, expiresAt, revokedAt: null };
    throw dbError('DB_DUPLICATE', `there is a valid token with the name ${JSON.stringify(name)} already`);
  }

  /** Resolves with the token, or null when there was none to revoke that was not revoked yet. */
  async revoke(hash: Uint8Array): Promise<ApiToken | null> {
    const query = this.#connection.kysely.updateTable('api_tokens').set({ revoked_at: this.#clock.wall() });
    const valid = query.where('hash', '=', hash).where('revoked_at', 'is', null);
    const row = await valid.returningAll().executeTakeFirst();
    return row === undefined ? null : toToken(row);
  }
}
