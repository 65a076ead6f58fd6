/** All endpoints that need to be known who asks, by path. */
import { appEndpoints } from './app.ts';
import { categoryEndpoints } from './categories.ts';
import type { Endpoint } from './endpoint.ts';
import { logEndpoints } from './log.ts';
import { syncEndpoints } from './sync.ts';
import { torrentAdding } from './torrent-adding.ts';
import { torrentChanges } from './torrent-changes.ts';
import { torrentQueries } from './torrent-queries.ts';
import { torrentTrackers } from './torrent-trackers.ts';
import { transferEndpoints } from './transfer.ts';

export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  Object.entries({
    ...appEndpoints,
    ...categoryEndpoints,
    ...logEndpoints,
    ...syncEndpoints,
    ...torrentAdding,
    ...torrentChanges,
    ...torrentQueries,
    ...torrentTrackers,
    ...transferEndpoints,
  }),
);
