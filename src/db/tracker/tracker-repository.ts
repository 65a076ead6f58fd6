/** The durable data of a tracker, by what it is about. Peers are not among it: they announce again. */
import type { Clock } from '../../base/clock.ts';
import type { Connection } from '../connection.ts';
import type { RevisionArea } from '../schema.ts';
import { Accounts } from './accounts.ts';
import { ApiTokens } from './api-tokens.ts';
import { Bans } from './bans.ts';
import { Passkeys } from './passkeys.ts';
import { Torrents } from './torrents.ts';

export class TrackerRepository {
  readonly #connection: Connection;
  readonly torrents: Torrents;
  readonly accounts: Accounts;
  readonly passkeys: Passkeys;
  readonly apiTokens: ApiTokens;
  readonly bans: Bans;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.torrents = new Torrents(connection, clock);
    this.accounts = new Accounts(connection, clock);
    this.passkeys = new Passkeys(connection, clock);
    this.apiTokens = new ApiTokens(connection, clock);
    this.bans = new Bans(connection, clock);
  }

  /**
   * Numbers that grow with each administrative change: who finds one as it was has nothing to read again. Completed
   * downloads and traffic do not count, and neither do the tokens of the administration.
   */
  async revisions(): Promise<Readonly<Record<RevisionArea, number>>> {
    const rows = await this.#connection.kysely.selectFrom('revisions').select(['area', 'number']).execute();
    const numbers = { torrents: 0, members: 0, bans: 0 };
    for (const { area, number } of rows) numbers[area] = number;
    return numbers;
  }
}
