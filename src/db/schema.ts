/** The tables as kysely sees them (what each column means: migrations/). */
import type { ColumnType, Generated } from 'kysely';
import type { UnixSeconds } from '../base/units.ts';

/** SQLite gives 0 or 1, PostgreSQL false or true. */
type Flag = ColumnType<boolean | number, boolean, boolean>;

interface TorrentsTable {
  info_hash: Uint8Array;
  name: string | null;
  name_folded: string | null;
  is_registered: Flag;
  is_denied: Flag;
  alias_of: Uint8Array | null;
  completed: number;
  created_at: UnixSeconds;
  updated_at: UnixSeconds;
  revision: number;
}

interface AccountsTable {
  id: Generated<number>;
  name: string;
  name_folded: string;
  is_enabled: Flag;
  max_peers: number | null;
  expires_at: UnixSeconds | null;
  uploaded: number;
  downloaded: number;
  created_at: UnixSeconds;
  revision: number;
}

interface RemovedAccountsTable {
  revision: number;
  id: number;
  removed_at: UnixSeconds;
}

interface PasskeysTable {
  hash: Uint8Array;
  account_id: number;
  label: string;
  created_at: UnixSeconds;
  revoked_at: UnixSeconds | null;
  revision: number;
}

interface ApiTokensTable {
  hash: Uint8Array;
  name: string;
  scopes: string;
  created_at: UnixSeconds;
  expires_at: UnixSeconds | null;
  revoked_at: UnixSeconds | null;
}

interface BansTable {
  prefix: string;
  reason: string;
  created_at: UnixSeconds;
  expires_at: UnixSeconds | null;
}

/** What changes together in the eyes of a tracker; `members` are accounts and their passkeys. */
export type RevisionArea = 'torrents' | 'members' | 'bans';

interface RevisionsTable {
  area: RevisionArea;
  number: number;
}

interface ClientTorrentsTable {
  id: Generated<number>;
  hash: string;
  hash_v1: Uint8Array | null;
  hash_v2: Uint8Array | null;
  has_metainfo: Flag;
  name: string;
  save_path: string;
  directory: string;
  wanted: string;
  goal: string;
  queue_position: number;
  settings: string;
  choices: string;
  trackers: string | null;
  pending: string | null;
  added_at: UnixSeconds;
  started_at: UnixSeconds | null;
  completed_at: UnixSeconds | null;
  active_at: UnixSeconds | null;
  downloaded: number;
  uploaded: number;
  wasted: number;
  seconds_downloading: number;
  seconds_seeding: number;
}

interface ClientCategoriesTable {
  name: string;
  save_path: string;
}

interface ClientLabelsTable {
  name: string;
}

interface ClientTotalsTable {
  id: number;
  downloaded: number;
  uploaded: number;
  sessions: number;
  seconds: number;
  torrents_added: number;
  events: number;
}

interface ClientUsersTable {
  name: string;
  name_folded: string;
  hash: string;
  role: string;
  created_at: UnixSeconds;
}

interface ClientWebhooksTable {
  id: Generated<number>;
  url: string;
  events: string;
  secret: string;
  created_at: UnixSeconds;
}

interface ClientBansTable {
  host: string;
  created_at: UnixSeconds;
}

interface MigrationsTable {
  name: string;
  applied_at: UnixSeconds;
}

export interface Schema {
  torrents: TorrentsTable;
  accounts: AccountsTable;
  removed_accounts: RemovedAccountsTable;
  passkeys: PasskeysTable;
  api_tokens: ApiTokensTable;
  bans: BansTable;
  revisions: RevisionsTable;
  client_torrents: ClientTorrentsTable;
  client_categories: ClientCategoriesTable;
  client_labels: ClientLabelsTable;
  client_totals: ClientTotalsTable;
  client_users: ClientUsersTable;
  client_webhooks: ClientWebhooksTable;
  client_bans: ClientBansTable;
  dst_migrations: MigrationsTable;
}
