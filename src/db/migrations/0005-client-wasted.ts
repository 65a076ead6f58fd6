/** How much of what a torrent received was thrown away, over all runs: it was damaged, or had been received already. */
import type { Migration } from './migration.ts';

export const clientWasted: Migration = {
  name: '0005-client-wasted',
  statements: ({ columnTypes: { integer } }) => [
    `alter table client_torrents add column wasted ${integer} not null default 0`,
  ],
};
