import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { freePort } from '../../../test/support/free-port.ts';
import type { Clock } from '../../base/clock.ts';
import type { Connection } from '../transport.ts';
import { adoptAccepted } from './accepted-socket.ts';
import { ReceiveHook } from './tcp-connection.ts';
import { addressEgress } from '../egress/index.ts';
import { tcpTransport } from './tcp-transport.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

const ignore = { data(): void {}, drain(): void {}, close(): void {} };

/** Listens, dials, and gives both ends, opened by the caller. */
async function pair(listenHost: string, dialHost: string): Promise<{ near: Connection; far: Connection }> {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcpTransport().listen({ host: listenHost, port: 0 }, accepted.resolve);
  const near = await tcpTransport().dial({ host: dialHost, port: listener.address.port });
  const far = await accepted.promise;
  await listener.close();
  return { near, far };
}

async function end(...connections: Connection[]): Promise<void> {
  for (const connection of connections) {
    await new Promise<void>((resolve) => {
      connection.open({ ...ignore, close: () => resolve() });
      connection.close();
    });
  }
}

test('listeners on 0.0.0.0 and :: share a port, each for its family', { skip: !hasIPv6 }, async () => {
  const accepted: string[] = [];
  const both = Promise.withResolvers<void>();
  const accept = (connection: Connection): void => {
    accepted.push(connection.remote.host);
    connection.close();
    if (accepted.length === 2) both.resolve();
  };
  const port = await freePort();
  const v6 = await tcpTransport().listen({ host: '::', port }, accept);
  const v4 = await tcpTransport().listen({ host: '0.0.0.0', port }, accept);
  for (const host of ['127.0.0.1', '::1']) await end(await tcpTransport().dial({ host, port }));
  await both.promise;
  assert.deepEqual(accepted.sort(), ['127.0.0.1', '::1']);
  await Promise.all([v4.close(), v6.close()]);
});

test('a dial to an IPv4-mapped address is a dial to the IPv4 address', async () => {
  const { near, far } = await pair('127.0.0.1', '::ffff:127.0.0.1');
  assert.equal(near.remote.host, '127.0.0.1');
  await end(near, far);
});

test('a name is not resolved but refused', async () => {
  await assert.rejects(tcpTransport().dial({ host: 'localhost', port: 1 }), { code: 'NET_CONNECT_FAILED' });
});

// Other systems than Linux do not own the whole of 127/8.
test('a dial leaves from the local address that was set', { skip: process.platform !== 'linux' }, async () => {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcpTransport().listen({ host: '127.0.0.1', port: 0 }, accepted.resolve);
  const near = await tcpTransport({ egress: addressEgress({ bind: ['127.0.0.2'] }) }).dial(listener.address);
  const far = await accepted.promise;
  assert.equal(far.remote.host, '127.0.0.2');
  await listener.close();
  await end(near, far);
});

test('with a local address the other family is not dialled at all', async () => {
  const dial = tcpTransport({ egress: addressEgress({ bind: ['127.0.0.1'] }) }).dial({ host: '::1', port: 9 });
  await assert.rejects(dial, /no IPv6 address/);
});

test('a dial that is not answered in time is rejected as timed out', async () => {
  const delays: number[] = [];
  const hasty: Pick<Clock, 'after'> = {
    after(delay, fn) {
      delays.push(delay);
      queueMicrotask(fn);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const transport = tcpTransport({ clock: hasty as Clock, connectTimeout: 1234 });
  await assert.rejects(transport.dial({ host: '127.0.0.1', port: 9 }), { code: 'NET_CONNECT_TIMEOUT' });
  assert.deepEqual(delays, [1234]);
});

test('messages sent within one tick arrive together', async () => {
  const { near, far } = await pair('127.0.0.1', '127.0.0.1');
  near.open(ignore);
  const views: number[] = [];
  const all = Promise.withResolvers<void>();
  far.open({
    ...ignore,
    data(view) {
      views.push(view.length);
      all.resolve();
    },
  });
  for (let i = 0; i < 200; i++) near.send(new Uint8Array(17));
  await all.promise;
  assert.deepEqual(views, [200 * 17]);
  near.close();
});

test('a connection that the remote end resets closes with the error', async () => {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcpTransport().listen({ host: '127.0.0.1', port: 0 }, accepted.resolve);
  const socket = connect(listener.address.port, '127.0.0.1');
  const far = await accepted.promise;
  const closed = new Promise<Error | null>((close) => far.open({ ...ignore, close }));
  socket.resetAndDestroy();
  assert.equal((await closed)?.message, 'read ECONNRESET');
  await listener.close();
});

test('a remote end that finishes writing has ended the connection', async () => {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await tcpTransport().listen({ host: '127.0.0.1', port: 0 }, accepted.resolve);
  const socket = connect({ port: listener.address.port, host: '127.0.0.1', allowHalfOpen: true });
  const far = await accepted.promise;
  const closed = new Promise<Error | null>((close) => far.open({ ...ignore, close }));
  socket.end();
  assert.equal(await closed, null);
  socket.destroy();
  await listener.close();
});

test('accepted sockets are moved to the shared receive buffer on this Node', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const hook = new ReceiveHook();
  const adopted = adoptAccepted(accepted, hook.onread, {});
  assert.ok(adopted !== null);
  const received = new Promise<string>((resolve) => (hook.target = (view) => resolve(String(view))));
  adopted.resume();
  client.write(Uint8Array.of(1, 2));
  assert.equal(await received, '1,2');
  client.destroy();
  adopted.destroy();
  server.close();
  await once(server, 'close');
});

test('an accepted socket whose handle is unknown stays as it is', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  for (const _handle of [undefined, null, {}, { readStart() {} }]) {
    assert.equal(adoptAccepted({ _handle } as unknown as Socket, new ReceiveHook().onread, {}), null);
  }
  assert.equal(accepted.destroyed, false);
  client.destroy();
  accepted.destroy();
  server.close();
});
