/** What a tracker remembers: torrents, who may announce, who may administrate, and who may do neither. */
import type { Migration } from './migration.ts';

export const tracker: Migration = {
  name: '0001-tracker',
  statements: ({ columnTypes: { bytes, flag, integer, text, id }, tableSuffix }) => [
    // name_folded: the name as searches see it (text-search.ts). alias_of: the torrent whose swarm is meant,
    // for the second info hash of a hybrid torrent (BEP 52). Times are unix seconds everywhere.
    `create table torrents (
      info_hash ${bytes} not null primary key check (length(info_hash) = 20),
      name ${text},
      name_folded ${text},
      is_registered ${flag} not null,
      is_denied ${flag} not null,
      alias_of ${bytes} check (length(alias_of) = 20 and alias_of <> info_hash),
      completed ${integer} not null check (completed >= 0),
      created_at ${integer} not null,
      updated_at ${integer} not null
    ) ${tableSuffix === 'strict' ? 'strict, without rowid' : tableSuffix}`,
    'create index torrents_alias_of on torrents (alias_of) where alias_of is not null',
    // uploaded, downloaded: bytes, as the account's clients report them.
    `create table accounts (
      id ${id},
      name ${text} not null unique check (name <> ''),
      name_folded ${text} not null,
      is_enabled ${flag} not null,
      max_peers ${integer} check (max_peers >= 0),
      expires_at ${integer},
      uploaded ${integer} not null check (uploaded >= 0),
      downloaded ${integer} not null check (downloaded >= 0),
      created_at ${integer} not null
    ) ${tableSuffix}`,
    // hash: SHA-256 of the passkey or token, which itself is kept nowhere.
    `create table passkeys (
      hash ${bytes} not null primary key check (length(hash) = 32),
      account_id ${integer} not null references accounts (id) on delete cascade,
      label ${text} not null,
      created_at ${integer} not null,
      revoked_at ${integer}
    ) ${tableSuffix}`,
    'create index passkeys_account_id on passkeys (account_id)',
    // scopes: words, a space between.
    `create table api_tokens (
      hash ${bytes} not null primary key check (length(hash) = 32),
      name ${text} not null,
      scopes ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer},
      revoked_at ${integer}
    ) ${tableSuffix}`,
    `create table bans (
      prefix ${text} not null primary key,
      reason ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer}
    ) ${tableSuffix}`,
  ],
};
