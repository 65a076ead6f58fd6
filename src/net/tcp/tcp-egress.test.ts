/** TCP by a network interface that goes away and comes back: the loopback one, with real sockets. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { cannotBind, loopback } from '../egress/fakes.test.ts';
import { interfaceEgress } from '../egress/index.ts';
import type { Connection, Listener } from '../transport.ts';
import { tcpTransport } from './tcp-transport.ts';

const UP = { index: 1, addresses: ['127.0.0.1'] };
const ELSEWHERE = { index: 1, addresses: ['127.0.0.2'] };

const listeners: Listener[] = [];
const connections: Connection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  for (const listener of listeners.splice(0)) await listener.close();
});

function stage(state: typeof UP | null = UP) {
  const system = { ...loopback(), state };
  const clock = new SimClock();
  const egress = interfaceEgress({ name: 'lo' }, { clock, random: seededRandom(1), logger: silentLogger, system });
  const transport = tcpTransport({ egress, clock: systemClock });
  const listen = async (host = '0.0.0.0', port = 0): Promise<Listener> => {
    const listener = await transport.listen({ host, port }, (connection) => {
      connections.push(connection);
      connection.open(ignore);
    });
    listeners.push(listener);
    return listener;
  };
  const dial = async (address: Listener['address'], signal?: AbortSignal): Promise<Connection> => {
    const connection = await transport.dial(address, signal === undefined ? {} : { signal });
    connections.push(connection);
    return connection;
  };
  /** The interface is this way from now on, and it is seen. */
  const set = async (next: typeof UP | null): Promise<void> => {
    system.state = next;
    await clock.run(1000);
  };
  return { listen, dial, set };
}

const ignore = { data: () => {}, drain: () => {}, close: () => {} };
/** Resolves when the listener listens there. */
async function listens(listener: Listener, host: string): Promise<void> {
  while (listener.address.host !== host) await systemClock.sleep(1);
}
/** What is not awaited has had its turns of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}

describe('TCP by an interface', { skip: cannotBind }, () => {
  it('listens at its address, and dials from there', async () => {
    const { listen, dial } = stage();
    const { address } = await listen();
    assert.equal(address.host, '127.0.0.1');
    assert.notEqual(address.port, 0);
    await dial(address);
  });

  it('lets a dial wait while the interface is away', async () => {
    const { listen, dial, set } = stage();
    const { address } = await listen();
    await set(null);
    let isThere = false;
    const dialled = dial(address).then(() => (isThere = true));
    await settle();
    assert.equal(isThere, false);
    await set(UP);
    await dialled;
  });

  it('ends a dial that waits with its signal', async () => {
    const { dial } = stage(null);
    const controller = new AbortController();
    const dialled = dial({ host: '127.0.0.1', port: 9 }, controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(dialled, /enough/);
  });

  it('closes what is connected when the interface goes away, and says why', async () => {
    const { listen, dial, set } = stage();
    const near = await dial((await listen()).address);
    const closed = Promise.withResolvers<Error | null>();
    near.open({ ...ignore, close: closed.resolve });
    await set(null);
    assert.match((await closed.promise)?.message ?? '', /lo is not there, or is down/);
  });

  it('stops listening when the interface goes away, and listens on the same port when it is back', async () => {
    const { listen, dial, set } = stage();
    const listener = await listen();
    const { address } = listener;
    await set(null);
    assert.equal(listener.address.host, '0.0.0.0');
    await assert.rejects(tcpTransport().dial(address), { code: 'NET_CONNECT_FAILED' });
    await set(UP);
    await listens(listener, '127.0.0.1');
    assert.deepEqual(listener.address, address);
    await dial(address);
  });

  it('follows the interface to another address', async () => {
    const { listen, dial, set } = stage();
    const listener = await listen();
    const { port } = listener.address;
    await set(ELSEWHERE);
    await listens(listener, '127.0.0.2');
    assert.deepEqual(listener.address, { host: '127.0.0.2', port });
    await dial(listener.address);
    await assert.rejects(tcpTransport().dial({ host: '127.0.0.1', port }), { code: 'NET_CONNECT_FAILED' });
  });

  it('waits for an interface that is not there yet, with the port that was asked for', async () => {
    const { listen, dial, set } = stage(null);
    const port = await freePort();
    const listener = await listen('0.0.0.0', port);
    assert.deepEqual(listener.address, { host: '0.0.0.0', port });
    await set(UP);
    await listens(listener, '127.0.0.1');
    assert.deepEqual(listener.address, { host: '127.0.0.1', port });
    await dial(listener.address);
  });

  it('waits for an address of the family', async () => {
    const { listen } = stage();
    assert.equal((await listen('::', 1234)).address.host, '::');
  });

  it('does not listen again after it was closed', async () => {
    const { listen, set } = stage();
    const listener = await listen();
    const { address } = listener;
    await set(null);
    await listener.close();
    await set(UP);
    await settle();
    await assert.rejects(tcpTransport().dial(address), { code: 'NET_CONNECT_FAILED' });
  });
});
