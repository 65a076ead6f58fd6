import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { netError } from '../../net/errors.ts';
import { BufferPool } from '../../storage/index.ts';
import { MemoryDisk, memoryStorage } from '../../storage/memory/index.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { defaultEngineOptions } from './options.ts';
import { EngineSession } from './session.ts';

/** A session on a machine whose IPv6 addresses answer with this error. */
function sessionWithoutIPv6(code: 'NET_LISTEN_FAILED' | 'NET_PORT_IN_USE', hosts: readonly string[]): EngineSession {
  const listen = hosts.map((host) => ({ host, port: 7000 }));
  return new EngineSession(
    { ...defaultEngineOptions, listen },
    {
      clock: new SimClock(),
      random: seededRandom(1),
      digests: nodeDigests,
      logger: silentLogger,
      transport: {
        dial: () => Promise.reject(netError('NET_CONNECT_FAILED', 'no network')),
        async listen(address) {
          if (address.host.includes(':')) throw netError(code, 'not here');
          return { address, close: async () => {} };
        },
      },
      storage: memoryStorage({ digests: nodeDigests }, new MemoryDisk()),
      pool: new BufferPool({ budget: 1 << 20 }),
      pieceBudget: 1 << 19,
      uploadBudget: 1 << 19,
      discoveries: [],
    },
  );
}

test('a machine without IPv6 listens on IPv4 alone', async () => {
  const session = sessionWithoutIPv6('NET_LISTEN_FAILED', ['0.0.0.0', '::']);
  await session.listen();
  assert.deepEqual(session.listening, [{ host: '0.0.0.0', port: 7000 }]);
  await session.close();
});

test('when no address can be listened on, the session says so', async () => {
  await assert.rejects(sessionWithoutIPv6('NET_LISTEN_FAILED', ['::']).listen(), { code: 'NET_LISTEN_FAILED' });
});

test('a port that another program has is an error in either family', async () => {
  await assert.rejects(sessionWithoutIPv6('NET_PORT_IN_USE', ['0.0.0.0', '::']).listen(), { code: 'NET_PORT_IN_USE' });
});
