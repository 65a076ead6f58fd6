/** Makes the store of shared swarms on real connections and real time. */
import { setImmediate } from 'node:timers';
import { systemClock } from '../../../base/clock.ts';
import { systemRandom } from '../../../base/random.ts';
import { parseSwarmsUrl } from '../../../base/swarms-url.ts';
import type { Millis } from '../../../base/units.ts';
import type { SwarmTable } from '../../../tracker/index.ts';
import { PeerPresence } from './peer-presence.ts';
import { RedisSwarms, type StoreHealth } from './redis-swarms.ts';
import { redisLink } from './script-link.ts';

/** Longest time for a connection, ms; the store itself does not wait that long. */
const CONNECT: Millis = 1000;

/**
 * Opens the swarms at `url`, and answers when the first attempt to reach them is over, whether it succeeded or not.
 * Throws TypeError for an address that `parseSwarmsUrl` does not take. `presence`, of `PeerPresence.memory()`, is where
 * the peers of each address are counted: threads that are given the same count together.
 */
export async function openSharedSwarms(
  url: string,
  table: SwarmTable,
  onHealth: (health: StoreHealth) => void,
  presence: SharedArrayBuffer = PeerPresence.memory(),
): Promise<RedisSwarms> {
  const address = parseSwarmsUrl(url);
  if (address === null) throw new TypeError('the address of the shared swarms is none of a Redis server');
  const swarms = new RedisSwarms({
    table,
    presence: new PeerPresence(presence),
    link: (onLost) => redisLink(address, CONNECT, onLost),
    clock: systemClock,
    random: systemRandom,
    afterTurn: setImmediate,
    onHealth,
  });
  await swarms.start();
  return swarms;
}
