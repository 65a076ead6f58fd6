/** The durable data of a tracker, by what it is about. Peers are not among it: they announce again. */
import type { Clock } from '../../base/clock.ts';
import type { Connection } from '../connection.ts';
import { Accounts } from './accounts.ts';
import { ApiTokens } from './api-tokens.ts';
import { Bans } from './bans.ts';
import { Passkeys } from './passkeys.ts';
import { Torrents } from './torrents.ts';

export class TrackerRepository {
  readonly torrents: Torrents;
  readonly accounts: Accounts;
  readonly passkeys: Passkeys;
  readonly apiTokens: ApiTokens;
  readonly bans: Bans;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.torrents = new Torrents(connection, clock);
    this.accounts = new Accounts(connection, clock);
    this.passkeys = new Passkeys(connection, clock);
    this.apiTokens = new ApiTokens(connection, clock);
    this.bans = new Bans(connection, clock);
  }
}
