import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import type { DstError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { netError } from '../errors.ts';
import { cannotBind, FakeSystem, loopback } from './fakes.test.ts';
import { type InterfaceEgress, interfaceEgress } from './interface-egress.ts';
import type { InterfaceSystem } from './interface-system.ts';

/** The error with which a socket ends. */
const failureOf = (socket: EventEmitter): Promise<DstError> =>
  new Promise((resolve) => {
    socket.once('error', resolve);
  });

const peer = { host: '192.0.2.1', port: 6881 };

function open(system: InterfaceSystem, name = 'wg0'): { egress: InterfaceEgress; clock: SimClock } {
  const clock = new SimClock();
  return { egress: interfaceEgress({ name }, { clock, random: seededRandom(1), logger: silentLogger, system }), clock };
}

describe('an egress by an interface', () => {
  it('sends from its first address of each family', () => {
    const { egress } = open(new FakeSystem());
    assert.equal(egress.problem, null);
    assert.deepEqual([egress.source(4), egress.source(6)], ['10.8.0.2', 'fd00::2']);
  });

  it('has no use for a family of which the interface has no address', () => {
    const system = new FakeSystem();
    system.state = { index: 3, addresses: ['10.8.0.2'] };
    const { egress } = open(system);
    assert.equal(egress.source(6), null);
    assert.throws(() => egress.connect({ host: '2001:db8::1', port: 1 }), { code: 'NET_CONNECT_FAILED' });
    assert.throws(() => egress.openUdp(6), { code: 'NET_CONNECT_FAILED' });
  });

  for (const [what, state] of [
    ['is not there', null],
    ['has no address', { index: 3, addresses: [] }],
  ] as const) {
    it(`opens nothing while the interface ${what}`, async () => {
      const system = new FakeSystem();
      system.state = state;
      const { egress } = open(system);
      assert.equal(egress.problem?.code, 'NET_INTERFACE_DOWN');
      assert.match(egress.problem.message, new RegExp(`wg0 ${what}`));
      assert.deepEqual([egress.source(4), egress.source(6)], [null, null]);
      assert.throws(() => egress.connect(peer), { code: 'NET_INTERFACE_DOWN' });
      assert.throws(() => egress.openUdp(4), { code: 'NET_INTERFACE_DOWN' });
      assert.throws(() => egress.listenOptions({ host: '0.0.0.0', port: 0 }), { code: 'NET_INTERFACE_DOWN' });
      await assert.rejects(egress.resolve('tracker.example'), { code: 'NET_INTERFACE_DOWN' });
      await assert.rejects(egress.resolveTxt('tracker.example', new AbortController().signal), {
        code: 'NET_INTERFACE_DOWN',
      });
      assert.equal(system.opened, 0);
    });
  }

  it('passes over an address that cannot be bound, until it can', async () => {
    const system = new FakeSystem();
    system.unusable.add('fd00::2').add('10.8.0.2');
    const { egress, clock } = open(system);
    assert.deepEqual([egress.source(4), egress.source(6)], ['10.8.0.3', null]);
    system.unusable.clear();
    await clock.run(1000);
    assert.deepEqual([egress.source(4), egress.source(6)], ['10.8.0.3', 'fd00::2']);
  });

  it('says why none of the addresses can be bound', () => {
    const system = new FakeSystem();
    system.unusable.add('fd00::2').add('10.8.0.2').add('10.8.0.3');
    assert.match(open(system).egress.problem?.message ?? '', /cannot be used on wg0/);
  });

  it('opens nothing while the answers of the system would leave by another interface, and says how to mend it', () => {
    const system = new FakeSystem();
    system.routeOf = (_from, to) => (to === '198.41.0.4' ? 'eth0' : 'wg0');
    const { egress } = open(system);
    const { problem } = egress;
    assert.equal(problem?.code, 'NET_INTERFACE_ROUTE');
    assert.match(problem.message, /from 10\.8\.0\.2 to 198\.41\.0\.4 would leave by eth0, not by wg0/);
    assert.match(problem.message, /ip rule add from 10\.8\.0\.2 table (\d+) && ip route add default dev wg0 table \1/);
    assert.throws(() => egress.connect(peer), { code: 'NET_INTERFACE_ROUTE' });
    assert.equal(egress.source(4), null);
  });

  it('looks at the routes of IPv6 as well', () => {
    const system = new FakeSystem();
    system.routeOf = (from) => (from === 'fd00::2' ? 'eth0' : 'wg0');
    assert.match(open(system).egress.problem?.message ?? '', /ip -6 rule add from fd00::2/);
  });

  it('takes no route at all for what it is: nothing leaves', () => {
    const system = new FakeSystem();
    system.routeOf = () => null;
    assert.equal(open(system).egress.problem, null);
  });

  it('opens nothing when the routes cannot be found out', () => {
    const system = new FakeSystem();
    system.routeOf = () => {
      throw netError('NET_INTERFACE_UNSUPPORTED', 'the kernel does not tell its routes');
    };
    assert.equal(open(system).egress.problem?.code, 'NET_INTERFACE_UNSUPPORTED');
  });

  it('sees within a second that the interface is gone or back or has other routes, and tells each change once', async () => {
    const system = new FakeSystem();
    const { egress, clock } = open(system);
    const told: (string | null)[] = [];
    egress.onChange(() => told.push(egress.problem?.code ?? null));
    await clock.run(5000);
    assert.deepEqual(told, []);
    const { state } = system;
    system.state = null;
    await clock.run(5000);
    system.state = state;
    await clock.run(5000);
    system.routeOf = () => 'eth0';
    await clock.run(5000);
    assert.deepEqual(told, ['NET_INTERFACE_DOWN', null, 'NET_INTERFACE_ROUTE']);
  });

  it('keeps the address that it has while that is there, and tells of another one', async () => {
    const system = new FakeSystem();
    const { egress, clock } = open(system);
    let changes = 0;
    egress.onChange(() => changes++);
    system.state = { index: 3, addresses: ['10.8.0.9', '10.8.0.2', 'fd00::2'] };
    await clock.run(1000);
    assert.deepEqual([egress.source(4), changes], ['10.8.0.2', 0]);
    system.state = { index: 3, addresses: ['10.8.0.9', 'fd00::2'] };
    await clock.run(1000);
    assert.deepEqual([egress.source(4), changes], ['10.8.0.9', 1]);
  });

  it('looks at once when a socket cannot be opened', () => {
    const system = new FakeSystem();
    const { egress } = open(system);
    system.state = null;
    system.unusable.add('10.8.0.2');
    assert.throws(() => egress.connect(peer), { code: 'NET_INTERFACE_DOWN' });
    assert.equal(egress.problem?.code, 'NET_INTERFACE_DOWN');
  });

  it('asks no name server on this machine, whose own questions leave by any way', async () => {
    const system = new FakeSystem();
    system.isOwn = (host) => host === '127.0.0.53';
    system.servers = ['127.0.0.53'];
    const { egress } = open(system);
    await assert.rejects(egress.resolve('tracker.example'), /127\.0\.0\.53 is on this machine/);
    assert.deepEqual(egress.nameServers().usable, []);
  });

  it('looks no more when it is disposed of', async () => {
    const system = new FakeSystem();
    const { egress, clock } = open(system);
    egress[Symbol.dispose]();
    const { looks } = system;
    await clock.run(5000);
    assert.equal(system.looks, looks);
  });
});

describe('sockets of an egress by the loopback interface', { skip: cannotBind }, () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A server that is opened by the egress; its port, and the first connection that it accepts. */
  async function serve(egress: InterfaceEgress): Promise<{ port: number; accepted: Promise<Socket> }> {
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer((socket) => {
      egress.accepted(socket);
      accepted.resolve(socket.on('error', () => {}));
    });
    servers.push(server);
    server.listen(egress.listenOptions({ host: '0.0.0.0', port: 0 }));
    await once(server, 'listening');
    const { address, port } = server.address() as AddressInfo;
    assert.equal(address, '127.0.0.1');
    return { port, accepted: accepted.promise };
  }

  it('are bound to it by the kernel', () => {
    const { egress } = open(loopback(), 'lo');
    for (const kind of ['stream', 'datagram'] as const) {
      assert.deepEqual(egress.probe(kind, 4), { device: 'lo', source: '127.0.0.1' });
    }
  });

  it('connect, accept, and carry bytes both ways', async () => {
    const { egress } = open(loopback(), 'lo');
    const { port, accepted } = await serve(egress);
    const near = egress.connect({ host: '127.0.0.1', port });
    await once(near, 'connect');
    const far = await accepted;
    near.write('there');
    assert.equal(String((await once(far, 'data'))[0]), 'there');
    far.write('back');
    assert.equal(String((await once(near, 'data'))[0]), 'back');
    near.destroy();
    far.destroy();
  });

  it('carry datagrams', async () => {
    const { egress } = open(loopback(), 'lo');
    const [near, far] = [egress.openUdp(4), egress.openUdp(4)];
    const { address, port } = far.address();
    assert.equal(address, '127.0.0.1');
    near.send('hello', port, address);
    assert.equal(String((await once(far, 'message'))[0]), 'hello');
    near.close();
    far.close();
  });

  it('end at once when it goes away: connected, accepted and for datagrams', async () => {
    const system = loopback();
    const { egress, clock } = open(system, 'lo');
    const { port, accepted } = await serve(egress);
    const near = egress.connect({ host: '127.0.0.1', port });
    await once(near, 'connect');
    const far = await accepted;
    const udp = egress.openUdp(4);
    const failures = [near, far, udp].map((socket) => failureOf(socket));
    system.state = null;
    await clock.run(1000);
    for (const failure of failures) assert.equal((await failure).code, 'NET_INTERFACE_DOWN');
    assert.ok(near.destroyed && far.destroyed);
    udp.close();
  });

  for (const [what, state] of [
    ['has another address', { index: 1, addresses: ['127.0.0.2'] }],
    ['was made anew', { index: 2, addresses: ['127.0.0.1'] }],
  ] as const) {
    it(`end when the interface ${what}`, async () => {
      const system = loopback();
      const { egress, clock } = open(system, 'lo');
      const { port } = await serve(egress);
      const near = egress.connect({ host: '127.0.0.1', port });
      await once(near, 'connect');
      const failure = failureOf(near);
      system.state = state;
      await clock.run(1000);
      assert.match((await failure).message, /lo has another address/);
      assert.equal(egress.problem, null);
    });
  }

  it('live on when it gets one address more', async () => {
    const system = loopback();
    const { egress, clock } = open(system, 'lo');
    const { port } = await serve(egress);
    const near = egress.connect({ host: '127.0.0.1', port });
    await once(near, 'connect');
    system.state = { index: 1, addresses: ['127.0.0.1', '::1'] };
    await clock.run(1000);
    assert.equal(near.destroyed, false);
    near.destroy();
  });
});
