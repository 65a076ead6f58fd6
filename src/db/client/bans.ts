/** Addresses that a client's user has banned. */
import type { Clock } from '../../base/clock.ts';
import type { BatchStatement, Connection } from '../connection.ts';
import { storable } from '../text-search.ts';

const PUT: BatchStatement = {
  columns: { host: 'text', at: 'integer' },
  steps: [
    'insert into client_bans (host, created_at) select host, at from batch where true on conflict (host) do nothing',
  ],
};

const REMOVE: BatchStatement = {
  columns: { host: 'text' },
  steps: ['delete from client_bans where host in (select host from batch)'],
};

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ClientBans {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Addresses in the order of their text. */
  async list(): Promise<string[]> {
    const rows = await this.#connection.kysely.selectFrom('client_bans').select('host').orderBy('host').execute();
    return rows.map(({ host }) => host);
  }

  async put(hosts: readonly string[]): Promise<void> {
    const at = this.#clock.wall();
    await this.#connection.runBatch(
      PUT,
      [...new Set(hosts)].map((host) => [storable(host), at]),
    );
  }

  async remove(hosts: readonly string[]): Promise<void> {
    await this.#connection.runBatch(
      REMOVE,
      hosts.map((host) => [storable(host)]),
    );
  }
}
