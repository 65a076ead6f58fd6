/** Stores what has happened to many torrents, while others are answered. */
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../../base/errors.ts';
import type { LibraryServices } from './library-services.ts';
import type { LibraryTorrent } from './library-torrent.ts';

/** Counters that are stored between two turns of the event loop: about 4 ms. */
const AT_A_TIME = 250;

type Facts = Pick<LibraryTorrent, 'id' | 'record' | 'counters'>;

/** Counters, and what could not be stored when it happened. Never rejects: what fails now is tried the next time. */
export async function saveFacts(
  torrents: readonly Facts[],
  services: Pick<LibraryServices, 'store' | 'logger'>,
): Promise<void> {
  await Promise.all(torrents.filter(({ record }) => record.isBehind).map(({ record }) => record.catchUp()));
  const changed = torrents.filter(({ counters }) => counters.isChanged);
  for (let i = 0; i < changed.length; i += AT_A_TIME) {
    if (i > 0) await setImmediate();
    if (!(await areCountersSaved(changed.slice(i, i + AT_A_TIME), services))) return;
  }
}

async function areCountersSaved(
  torrents: readonly Facts[],
  { store, logger }: Pick<LibraryServices, 'store' | 'logger'>,
): Promise<boolean> {
  for (const { counters } of torrents) counters.isChanged = false;
  const rows = torrents.map(({ id, counters }) => ({ id, ...counters.ever }));
  try {
    await store.saveCounters(rows);
    return true;
  } catch (error) {
    for (const { counters } of torrents) counters.isChanged = true;
    logger.error('could not save counters', { reason: messageOf(error) });
    return false;
  }
}
