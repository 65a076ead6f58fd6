/** What a client that runs as a daemon remembers: its torrents, how they are sorted, its totals, and who may use it. */
import type { Migration } from './migration.ts';

export const client: Migration = {
  name: '0004-client',
  statements: ({ columnTypes: { bytes, flag, integer, text, id }, tableSuffix }) => [
    // hash: 40 hexadecimal digits, by which APIs and files name the torrent; it stays when a magnet link's metadata
    // tells of another hash. has_metainfo: its torrent file was kept. directory: where its data is, save_path: where it
    // is to be in the end. wanted: running, stopped (that it is forced is in the settings). goal: ahead, reached, waived
    // (whoever starts a torrent whose seeding was over wants it to seed on). settings, choices, trackers, pending: JSON (app/client/library/torrent-record.ts).
    // Counters are payload bytes and seconds of all runs.
    `create table client_torrents (
      id ${id},
      hash ${text} not null unique check (length(hash) = 40),
      hash_v1 ${bytes} unique check (length(hash_v1) = 20),
      hash_v2 ${bytes} unique check (length(hash_v2) = 32),
      has_metainfo ${flag} not null,
      name ${text} not null,
      save_path ${text} not null,
      directory ${text} not null,
      wanted ${text} not null,
      goal ${text} not null,
      queue_position ${integer} not null,
      settings ${text} not null,
      choices ${text} not null,
      trackers ${text},
      pending ${text},
      added_at ${integer} not null,
      started_at ${integer},
      completed_at ${integer},
      active_at ${integer},
      downloaded ${integer} not null check (downloaded >= 0),
      uploaded ${integer} not null check (uploaded >= 0),
      seconds_downloading ${integer} not null check (seconds_downloading >= 0),
      seconds_seeding ${integer} not null check (seconds_seeding >= 0),
      check (hash_v1 is not null or hash_v2 is not null)
    ) ${tableSuffix}`,
    `create table client_categories (
      name ${text} not null primary key,
      save_path ${text} not null
    ) ${tableSuffix}`,
    `create table client_labels (
      name ${text} not null primary key
    ) ${tableSuffix}`,
    // One row. events: no event bears a number above it yet.
    `create table client_totals (
      id ${integer} not null primary key check (id = 1),
      downloaded ${integer} not null,
      uploaded ${integer} not null,
      sessions ${integer} not null,
      seconds ${integer} not null,
      torrents_added ${integer} not null,
      events ${integer} not null
    ) ${tableSuffix}`,
    'insert into client_totals values (1, 0, 0, 0, 0, 0, 0)',
    // hash: argon2id in the PHC string format.
    `create table client_users (
      name ${text} not null,
      name_folded ${text} not null primary key check (name_folded <> ''),
      hash ${text} not null,
      role ${text} not null,
      created_at ${integer} not null
    ) ${tableSuffix}`,
    // events: names, a space between. secret: the key of the signature, which must be at hand when events are sent.
    `create table client_webhooks (
      id ${id},
      url ${text} not null check (url <> ''),
      events ${text} not null,
      secret ${text} not null,
      created_at ${integer} not null
    ) ${tableSuffix}`,
    `create table client_bans (
      host ${text} not null primary key,
      created_at ${integer} not null
    ) ${tableSuffix}`,
  ],
};
