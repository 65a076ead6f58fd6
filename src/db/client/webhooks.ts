/** Addresses that are told of a client's events. */
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import { storable } from '../text-search.ts';

export interface Webhook {
  /** Never given again. */
  readonly id: number;
  readonly url: string;
  /** Names of events; empty: all. */
  readonly events: readonly string[];
  /** Key of the signature. */
  readonly secret: string;
  readonly createdAt: UnixSeconds;
}

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ClientWebhooks {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Oldest first. */
  async list(): Promise<Webhook[]> {
    const rows = await this.#connection.kysely.selectFrom('client_webhooks').selectAll().orderBy('id').execute();
    return rows.map(({ id, url, events, secret, created_at: createdAt }) => ({
      id,
      url,
      events: events === '' ? [] : events.split(' '),
      secret,
      createdAt,
    }));
  }

  async create({ url, events, secret }: Pick<Webhook, 'url' | 'events' | 'secret'>): Promise<Webhook> {
    const createdAt = this.#clock.wall();
    const row = { url: storable(url), events: storable(events.join(' ')), secret: storable(secret) };
    const query = this.#connection.kysely.insertInto('client_webhooks').values({ ...row, created_at: createdAt });
    const { id } = await query.returning('id').executeTakeFirstOrThrow();
    return { id, url, events, secret, createdAt };
  }

  /** Resolves with whether there was one. */
  async remove(id: number): Promise<boolean> {
    const query = this.#connection.kysely.deleteFrom('client_webhooks').where('id', '=', id);
    return (await query.executeTakeFirst()).numDeletedRows > 0;
  }
}
