/** Each transport against the one compliance suite. */
import { networkInterfaces } from 'node:os';
import { seededRandom } from '../../src/base/random.ts';
import { MemoryNetwork } from '../../src/net/memory/index.ts';
import { tcpTransport } from '../../src/net/tcp/index.ts';
import { listenTcp } from '../../src/net/tcp/tcp-listener.ts';
import { SimClock } from '../sim/sim-clock.ts';
import { SimNetwork } from '../sim/sim-network.ts';
import { transportCompliance } from './transport-compliance.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

transportCompliance('the TCP', () => ({
  dialer: tcpTransport(),
  acceptor: tcpTransport(),
  host: '127.0.0.1',
  run: (body) => body(),
}));

transportCompliance("the TCP (accepted by 'data' events)", () => ({
  dialer: tcpTransport(),
  acceptor: {
    ...tcpTransport(),
    listen: (address, onConnection) => listenTcp(address, onConnection, { adopt: () => null }),
  },
  host: '127.0.0.1',
  run: (body) => body(),
}));

if (hasIPv6) {
  transportCompliance('the TCP IPv6', () => ({
    dialer: tcpTransport(),
    acceptor: tcpTransport(),
    host: '::1',
    run: (body) => body(),
  }));
}

transportCompliance('the memory', () => {
  const network = new MemoryNetwork();
  return {
    dialer: network.transport('10.0.0.1'),
    acceptor: network.transport('10.0.0.2'),
    host: '10.0.0.2',
    run: (body) => body(),
  };
});

for (const path of [{ latency: 20 }, { latency: 5, jitter: 40, loss: 0.1 }]) {
  transportCompliance(`the simulated (${JSON.stringify(path)})`, () => {
    const clock = new SimClock();
    const network = new SimNetwork({ clock, random: seededRandom(1), ...path });
    return {
      dialer: network.host('10.0.0.1', { up: 1_000_000 }).transport,
      acceptor: network.host('10.0.0.2', { down: 500_000, up: 100_000_000 }).transport,
      host: '10.0.0.2',
      run: (body) => clock.finish(body()),
    };
  });
}
