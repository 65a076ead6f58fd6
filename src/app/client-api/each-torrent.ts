/** Something is done with many torrents, while others are answered. */
import { setImmediate } from 'node:timers/promises';
import type { ManagedTorrent } from '../client/index.ts';

/** Torrents between two turns of the event loop: about 2 ms. What they store goes in one transaction. */
const AT_A_TIME = 100;

/** Resolves with what came of each, in their order. With one that fails it goes on; rejects with the first failure in the end. */
export async function eachTorrent<T>(
  torrents: readonly ManagedTorrent[],
  act: (torrent: ManagedTorrent) => T | Promise<T>,
): Promise<T[]> {
  const results: PromiseSettledResult<T>[] = [];
  for (let i = 0; i < torrents.length; i += AT_A_TIME) {
    if (i > 0) await setImmediate();
    const some = torrents.slice(i, i + AT_A_TIME);
    results.push(...(await Promise.allSettled(some.map(async (torrent) => await act(torrent)))));
  }
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
