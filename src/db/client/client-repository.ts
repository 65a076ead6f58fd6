/** The durable data of a client, by what it is about. What its torrents hold is in journals of their own. */
import type { Clock } from '../../base/clock.ts';
import type { Connection } from '../connection.ts';
import { ApiTokens } from '../tracker/api-tokens.ts';
import { ClientBans } from './bans.ts';
import { ClientCategories } from './categories.ts';
import { ClientTorrents } from './torrents.ts';
import { ClientTotals } from './totals.ts';
import { ClientUsers } from './users.ts';
import { ClientWebhooks } from './webhooks.ts';

export class ClientRepository {
  readonly torrents: ClientTorrents;
  readonly categories: ClientCategories;
  readonly totals: ClientTotals;
  readonly users: ClientUsers;
  /** The same table as a tracker's: what a token may do is in its scopes. */
  readonly apiTokens: ApiTokens;
  readonly webhooks: ClientWebhooks;
  readonly bans: ClientBans;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.torrents = new ClientTorrents(connection);
    this.categories = new ClientCategories(connection);
    this.totals = new ClientTotals(connection);
    this.users = new ClientUsers(connection);
    this.apiTokens = new ApiTokens(connection, clock);
    this.webhooks = new ClientWebhooks(connection, clock);
    this.bans = new ClientBans(connection, clock);
  }
}
