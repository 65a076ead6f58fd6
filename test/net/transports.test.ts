/** Each transport against the one compliance suite. */
import { networkInterfaces } from 'node:os';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type Random, seededRandom, systemRandom } from '../../src/base/random.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import type { Transport } from '../../src/net/index.ts';
import { MemoryNetwork } from '../../src/net/memory/index.ts';
import type { KeySource } from '../../src/net/mse/dh.ts';
import { mse } from '../../src/net/mse/index.ts';
import { noise } from '../../src/net/noise/index.ts';
import { protect } from '../../src/net/protection/index.ts';
import { tcpTransport } from '../../src/net/tcp/index.ts';
import { listenTcp } from '../../src/net/tcp/tcp-listener.ts';
import { SimClock } from '../sim/sim-clock.ts';
import { SimNetwork } from '../sim/sim-network.ts';
import { dribbling } from './dribbling-transport.ts';
import { seededKeys } from './seeded-keys.ts';
import { serving } from './serving.ts';
import { type TransportFixture, transportCompliance } from './transport-compliance.ts';

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

/** The ends of a fixture under Message Stream Encryption, for one torrent. */
function underMse(
  fixture: TransportFixture,
  parts: { clock?: Clock; random?: Random; keys?: KeySource } = {},
): TransportFixture {
  const infoHash = new Uint8Array(20).fill(7);
  const swarms = serving(infoHash);
  const { clock = systemClock, random = systemRandom, keys } = parts;
  const over = (transport: Transport): Transport => {
    const protection = mse({ policy: 'required', random, digests: nodeDigests, ...(keys !== undefined && { keys }) });
    const options = { protections: [protection], policy: 'required', clock, logger: silentLogger } as const;
    const secured = protect(transport, options);
    return {
      dial: (address, dialOptions) => secured.dial(address, { infoHash, ...dialOptions }),
      listen: (address, onConnection) => secured.listen(address, onConnection, swarms),
    };
  };
  return { ...fixture, dialer: over(fixture.dialer), acceptor: over(fixture.acceptor) };
}

for (const adopt of [undefined, (): null => null]) {
  transportCompliance(`the MSE over TCP${adopt === undefined ? '' : " (accepted by 'data' events)"}`, () =>
    underMse({
      dialer: tcpTransport(),
      acceptor: {
        ...tcpTransport(),
        listen: (address, onConnection) => listenTcp(address, onConnection, adopt === undefined ? {} : { adopt }),
      },
      host: '127.0.0.1',
      run: (body) => body(),
    }),
  );
}

for (const isDribbling of [false, true]) {
  transportCompliance(`the MSE over memory${isDribbling ? ', byte by byte' : ''}`, () => {
    const network = new MemoryNetwork();
    const over = isDribbling ? dribbling : (transport: Transport): Transport => transport;
    return underMse(
      {
        dialer: over(network.transport('10.0.0.1')),
        acceptor: over(network.transport('10.0.0.2')),
        host: '10.0.0.2',
        run: (body) => body(),
      },
      { keys: seededKeys(seededRandom(1)), random: seededRandom(2) },
    );
  });
}

for (const path of [{ latency: 20 }, { latency: 5, jitter: 40, loss: 0.1 }]) {
  transportCompliance(`the MSE over the simulated (${JSON.stringify(path)})`, () => {
    const clock = new SimClock();
    const network = new SimNetwork({ clock, random: seededRandom(1), ...path });
    return underMse(
      {
        dialer: network.host('10.0.0.1', { up: 1_000_000 }).transport,
        acceptor: network.host('10.0.0.2', { down: 500_000, up: 100_000_000 }).transport,
        host: '10.0.0.2',
        run: (body) => clock.finish(body()),
      },
      { clock, keys: seededKeys(seededRandom(3)), random: seededRandom(2) },
    );
  });
}

/** The ends of a fixture under Noise, for a sealed torrent. */
function underNoise(fixture: TransportFixture, clock: Clock = systemClock): TransportFixture {
  const infoHash = new Uint8Array(20).fill(7);
  const secret = { psk: new Uint8Array(32).fill(8), transport: 'required' } as const;
  const swarms = { ...serving(infoHash), secretOf: () => secret };
  const over = (transport: Transport): Transport => {
    const protections = [noise({ primitives: nodePrimitives, random: systemRandom })];
    const secured = protect(transport, { protections, policy: 'prefer', clock, logger: silentLogger });
    return {
      dial: (address, dialOptions) => secured.dial(address, { infoHash, secret, ...dialOptions }),
      listen: (address, onConnection) => secured.listen(address, onConnection, swarms),
    };
  };
  return { ...fixture, dialer: over(fixture.dialer), acceptor: over(fixture.acceptor) };
}

transportCompliance('the Noise over TCP', () =>
  underNoise({ dialer: tcpTransport(), acceptor: tcpTransport(), host: '127.0.0.1', run: (body) => body() }),
);

for (const isDribbling of [false, true]) {
  transportCompliance(`the Noise over memory${isDribbling ? ', byte by byte' : ''}`, () => {
    const network = new MemoryNetwork();
    const over = isDribbling ? dribbling : (transport: Transport): Transport => transport;
    return underNoise({
      dialer: over(network.transport('10.0.0.1')),
      acceptor: over(network.transport('10.0.0.2')),
      host: '10.0.0.2',
      run: (body) => body(),
    });
  });
}

transportCompliance('the Noise over the simulated', () => {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: seededRandom(1), latency: 5, jitter: 40, loss: 0.1 });
  return underNoise(
    {
      dialer: network.host('10.0.0.1', { up: 1_000_000 }).transport,
      acceptor: network.host('10.0.0.2', { down: 500_000, up: 100_000_000 }).transport,
      host: '10.0.0.2',
      run: (body) => clock.finish(body()),
    },
    clock,
  );
});
