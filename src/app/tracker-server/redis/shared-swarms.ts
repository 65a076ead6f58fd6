/** Makes the store of shared swarms on real connections and real time. */
import { setImmediate } from 'node:timers';
import { systemClock } from '../../../base/clock.ts';
import { systemRandom } from '../../../base/random.ts';
import type { Millis } from '../../../base/units.ts';
import type { SwarmTable } from '../../../tracker/index.ts';
import { RedisSwarms, type StoreHealth } from './redis-swarms.ts';
import { redisLink } from './script-link.ts';
import { swarmScript } from './swarm-script.ts';
import { parseSwarmsUrl } from './swarms-url.ts';

/** Longest time for a connection, ms; the store itself does not wait that long. */
const CONNECT: Millis = 1000;

/**
 * Opens the swarms at `url`, and answers when the first attempt to reach them is over, whether it succeeded or not.
 * Throws TypeError for an address that `parseSwarmsUrl` does not take.
 */
export async function openSharedSwarms(
  url: string,
  table: SwarmTable,
  onHealth: (health: StoreHealth) => void,
): Promise<RedisSwarms> {
  const address = parseSwarmsUrl(url);
  if (address === null) throw new TypeError('the address of the shared swarms is none of a Redis server');
  const swarms = new RedisSwarms({
    table,
    link: (onLost) => redisLink(address, swarmScript, CONNECT, onLost),
    clock: systemClock,
    random: systemRandom,
    afterTurn: setImmediate,
    onHealth,
  });
  await swarms.start();
  return swarms;
}
