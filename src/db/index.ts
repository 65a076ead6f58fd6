/** Durable data, in an SQLite file or on a PostgreSQL server. */
export type { CategoryRow } from './client/categories.ts';
export type { ClientRepository } from './client/client-repository.ts';
export type { TorrentColumns, TorrentCounters, TorrentRow } from './client/torrents.ts';
export type { TotalsRow } from './client/totals.ts';
export type { User, UserChange } from './client/users.ts';
export type { Webhook } from './client/webhooks.ts';
export { dbErrors } from './errors.ts';
export { type Database, type DatabaseOptions, openDatabase } from './open-database.ts';
export type { Account, AccountChange, AccountSettings, AccountTraffic } from './tracker/accounts.ts';
export type { ApiToken } from './tracker/api-tokens.ts';
export type { Ban, BanSettings } from './tracker/bans.ts';
export type { Passkey } from './tracker/passkeys.ts';
export type {
  CompletedCount,
  TorrentChange,
  TorrentListQuery,
  TorrentRecord,
  TorrentState,
} from './tracker/torrents.ts';
export type { TrackerRepository } from './tracker/tracker-repository.ts';
