/** Tokens for the administration interface. Like passkeys they are kept as hashes only. */
import type { Selectable } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { storable } from './text-search.ts';

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

  /** Rejects with DB_DUPLICATE when the hash is known, DB_CONSTRAINT when a scope is empty or has white space. */
  async create({
    hash,
    name,
    scopes,
    expiresAt,
  }: Pick<ApiToken, 'hash' | 'name' | 'scopes' | 'expiresAt'>): Promise<ApiToken> {
    const bad = scopes.find((scope) => !/^\S+$/.test(scope));
    if (bad !== undefined) throw dbError('DB_CONSTRAINT', `a scope is one word, not ${JSON.stringify(bad)}`);
    const row = await this.#connection.kysely
      .insertInto('api_tokens')
      .values({
        hash,
        name: storable(name),
        scopes: storable(scopes.join(' ')),
        created_at: this.#clock.wall(),
        expires_at: expiresAt,
        revoked_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toToken(row);
  }

  /** Resolves with whether there was a token to revoke that was not revoked yet. */
  async revoke(hash: Uint8Array): Promise<boolean> {
    const query = this.#connection.kysely.updateTable('api_tokens').set({ revoked_at: this.#clock.wall() });
    const { numUpdatedRows } = await query
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }
}
