import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { netError } from '../../net/errors.ts';
import type { Transport } from '../../net/index.ts';
import { BufferPool } from '../../storage/index.ts';
import { MemoryDisk, memoryStorage } from '../../storage/memory/index.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { defaultEngineOptions } from './options.ts';
import { EngineSession } from './session.ts';

function sessionOn(hosts: readonly string[], port: number, listen: Transport['listen']): EngineSession {
  return new EngineSession(
    { ...defaultEngineOptions, listen: hosts.map((host) => ({ host, port })) },
    {
      clock: new SimClock(),
      random: seededRandom(1),
      digests: nodeDigests,
      logger: silentLogger,
      transport: { dial: () => Promise.reject(netError('NET_CONNECT_FAILED', 'no network')), listen },
      storage: memoryStorage({ digests: nodeDigests }, new MemoryDisk()),
      pool: new BufferPool({ budget: 1 << 20 }),
      pieceBudget: 1 << 19,
      uploadBudget: 1 << 19,
      discoveries: [],
    },
  );
}

/** A session on a machine whose IPv6 addresses answer with this error. */
function sessionWithoutIPv6(code: 'NET_LISTEN_FAILED' | 'NET_PORT_IN_USE', hosts: readonly string[]): EngineSession {
  return sessionOn(hosts, 7000, async (address) => {
    if (address.host.includes(':')) throw netError(code, 'not here');
    return { address, close: async () => {} };
  });
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

test('any port is one that is free in both families', async () => {
  const open: string[] = [];
  let next = 7000;
  const session = sessionOn(['0.0.0.0', '::'], 0, async ({ host, port: wanted }) => {
    const port = wanted === 0 ? next++ : wanted;
    if (host === '::' && port < 7002) throw netError('NET_PORT_IN_USE', 'somebody has it');
    const key = `${host} ${port}`;
    open.push(key);
    return { address: { host, port }, close: async () => void open.splice(open.indexOf(key), 1) };
  });
  await session.listen();
  assert.deepEqual(open, ['0.0.0.0 7002', ':: 7002']);
  await session.close();
});

test('a port that another program has is an error in either family', async () => {
  await assert.rejects(sessionWithoutIPv6('NET_PORT_IN_USE', ['0.0.0.0', '::']).listen(), { code: 'NET_PORT_IN_USE' });
});
