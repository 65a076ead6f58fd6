/**
 * Which change of its area changed a row, so that a follower reads the changed rows alone and needs no clock for it; and
 * what a tracker remembers only as a number apart from what its operator said: anybody can make rows of the first kind.
 */
import type { Migration } from './migration.ts';

const HAS_WORDS = '(is_registered or is_denied or alias_of is not null or name is not null)';

export const trackerFollowing: Migration = {
  name: '0003-tracker-following',
  statements: ({ columnTypes: { integer }, tableSuffix }) => [
    // revision: number of the area's revision (table revisions) that changed the row last; 0: none has since this column.
    ...['torrents', 'accounts', 'passkeys'].map(
      (table) => `alter table ${table} add column revision ${integer} not null default 0`,
    ),
    'create index torrents_revision on torrents (revision, info_hash) where revision > 0',
    'create index accounts_revision on accounts (revision, id) where revision > 0',
    'create index passkeys_revision on passkeys (revision, hash) where revision > 0',
    `create table removed_accounts (
      revision ${integer} not null,
      id ${integer} not null,
      removed_at ${integer} not null,
      primary key (revision, id)
    ) ${tableSuffix}`,
    `create index torrents_with_words on torrents (info_hash) where ${HAS_WORDS}`,
    // With all columns that SQLite looks at, even those which the condition settles: a third of the time to read it.
    `create index torrents_counted
      on torrents (updated_at, info_hash, completed, is_registered, is_denied, alias_of, name)
      where completed > 0 and not ${HAS_WORDS}`,
    `create index torrents_forgotten on torrents (updated_at) where completed = 0 and not ${HAS_WORDS}`,
  ],
};
