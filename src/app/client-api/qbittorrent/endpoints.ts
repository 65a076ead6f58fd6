/** All endpoints that need to be known who asks, by path. */
import { absentEndpoints } from './absent.ts';
import { apiKeyEndpoints } from './api-key.ts';
import { appEndpoints } from './app.ts';
import { categoryEndpoints } from './categories.ts';
import type { Endpoint } from './endpoint.ts';
import { logEndpoints } from './log.ts';
import { syncEndpoints } from './sync.ts';
import { torrentAdding } from './torrent-adding.ts';
import { torrentChanges } from './torrent-changes.ts';
import { torrentCreator } from './torrent-creator.ts';
import { torrentMetadata } from './torrent-metadata.ts';
import { torrentQueries } from './torrent-queries.ts';
import { torrentTrackers } from './torrent-trackers.ts';
import { transferEndpoints } from './transfer.ts';

export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  Object.entries({
    ...absentEndpoints,
    ...apiKeyEndpoints,
    ...appEndpoints,
    ...categoryEndpoints,
    ...logEndpoints,
    ...syncEndpoints,
    ...torrentAdding,
    ...torrentChanges,
    ...torrentCreator,
    ...torrentMetadata,
    ...torrentQueries,
    ...torrentTrackers,
    ...transferEndpoints,
  }),
);
