/** Addresses that the tracker does not serve. */
import type { Selectable } from 'kysely';
import { formatPrefix, parsePrefix } from '../../base/address-prefix.ts';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { BatchStatement, Connection } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { LOAD_PAGE, listLimit, mergeByKey, pagesOf } from '../paging.ts';
import { storable } from '../text-search.ts';

export interface BanSettings {
  /** `192.0.2.0/24`, `2001:db8::/32` or a single address. */
  readonly prefix: string;
  readonly reason: string;
  /** When it ends; null: never. */
  readonly expiresAt: UnixSeconds | null;
}

/** The prefix is in its canonical form: first address of the range, a slash, the length. */
export interface Ban extends BanSettings {
  readonly createdAt: UnixSeconds;
}

export interface BanListQuery {
  /** Prefix of the last ban of the page before, as it was given. */
  readonly after?: string | undefined;
  /** Most rows to give, at most 1000. */
  readonly limit: number;
}

const PUT: BatchStatement = {
  columns: { prefix: 'text', reason: 'text', at: 'integer', expires_at: 'integer' },
  steps: [
    `insert into bans (prefix, reason, created_at, expires_at)
      select prefix, reason, at, expires_at from batch where true
      on conflict (prefix) do update set reason = excluded.reason, expires_at = excluded.expires_at`,
  ],
  area: 'bans',
};

const REMOVE: BatchStatement = {
  columns: { prefix: 'text' },
  steps: ['delete from bans where prefix in (select prefix from batch)'],
  area: 'bans',
};

const REMOVE_EXPIRED: BatchStatement = {
  columns: { now: 'integer' },
  steps: ['delete from bans where expires_at <= (select now from batch)'],
  area: 'bans',
};

const toBan = (row: Selectable<Schema['bans']>): Ban => ({
  prefix: row.prefix,
  reason: row.reason,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

function canonical(prefix: string): string {
  const parsed = parsePrefix(prefix);
  if (parsed === null) throw dbError('DB_CONSTRAINT', `${JSON.stringify(prefix)} is no range of addresses`);
  return formatPrefix(parsed);
}

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class Bans {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** All bans that have not ended, in pages. */
  load(): AsyncGenerator<Ban[], void, void> {
    const now = this.#clock.wall();
    return pagesOf(async (after: Ban | null) => {
      let query = this.#connection.kysely.selectFrom('bans').selectAll();
      query = query.where((eb) => eb('expires_at', 'is', null).or('expires_at', '>', now));
      if (after !== null) query = query.where('prefix', '>', after.prefix);
      return (await query.orderBy('prefix').limit(LOAD_PAGE).execute()).map(toBan);
    });
  }

  /** A page of bans, those that have ended too, in the order of the prefixes' text. */
  async list({ after, limit }: BanListQuery): Promise<Ban[]> {
    let query = this.#connection.kysely.selectFrom('bans').selectAll();
    if (after !== undefined) query = query.where('prefix', '>', after);
    return (await query.orderBy('prefix').limit(listLimit(limit)).execute()).map(toBan);
  }

  /**
   * Adds bans, or gives those that exist another reason and end, all or none. Rejects with DB_CONSTRAINT when a prefix
   * is none.
   */
  async put(bans: readonly BanSettings[]): Promise<void> {
    const at = this.#clock.wall();
    const merged = mergeByKey(
      bans.map((ban) => ({ ...ban, prefix: canonical(ban.prefix) })),
      ({ prefix }) => prefix,
      (_, later) => later,
    );
    await this.#connection.runBatch(
      PUT,
      merged.map(({ prefix, reason, expiresAt }) => [prefix, storable(reason), at, expiresAt]),
    );
  }

  /** Resolves with the number of bans that were lifted. Rejects with DB_CONSTRAINT when a prefix is none. */
  async remove(prefixes: readonly string[]): Promise<number> {
    const rows = prefixes.map((prefix) => [canonical(prefix)]);
    return this.#connection.runBatch(REMOVE, rows);
  }

  /** Forgets bans that have ended. Resolves with their number. */
  removeExpired(): Promise<number> {
    return this.#connection.runBatch(REMOVE_EXPIRED, [[this.#clock.wall()]]);
  }
}
