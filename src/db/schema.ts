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
  dst_migrations: MigrationsTable;
}
