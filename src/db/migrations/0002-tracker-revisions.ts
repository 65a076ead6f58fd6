/** How the processes that share a database notice what the others changed, without reading everything. */
import type { Migration } from './migration.ts';

export const trackerRevisions: Migration = {
  name: '0002-tracker-revisions',
  statements: ({ columnTypes: { integer, text }, tableSuffix }) => [
    // number: how many transactions of administration have changed something of the area.
    `create table revisions (
      area ${text} not null primary key,
      number ${integer} not null
    ) ${tableSuffix}`,
    "insert into revisions (area, number) values ('torrents', 0), ('members', 0), ('bans', 0)",
    // With the key, because many torrents may have been changed in one second and are read in pages.
    'create index torrents_updated_at on torrents (updated_at, info_hash)',
  ],
};
