/** TLS between pinned peers against the compliance suite of transports. Not simulated: the TLS of Node takes real time. */
import { firstPair, secondPair } from '../../src/app/served-certificate/certificate-fakes.test.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Transport } from '../../src/net/index.ts';
import { MemoryNetwork } from '../../src/net/memory/index.ts';
import { protect } from '../../src/net/protection/index.ts';
import { tcpTransport } from '../../src/net/tcp/index.ts';
import { listenTcp } from '../../src/net/tcp/tcp-listener.ts';
import { tlsProtection } from '../../src/net/tls/index.ts';
import { dribbling } from './dribbling-transport.ts';
import { type TransportFixture, transportCompliance } from './transport-compliance.ts';

function underTls(fixture: TransportFixture): TransportFixture {
  const over = (transport: Transport, pair: typeof firstPair): Transport => {
    const protections = [tlsProtection({ ...pair, isPinned: () => true })];
    return protect(transport, { protections, policy: 'required', clock: systemClock, logger: silentLogger });
  };
  return { ...fixture, dialer: over(fixture.dialer, firstPair), acceptor: over(fixture.acceptor, secondPair) };
}

for (const adopt of [undefined, (): null => null]) {
  transportCompliance(`the TLS over TCP${adopt === undefined ? '' : " (accepted by 'data' events)"}`, () =>
    underTls({
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
  transportCompliance(`the TLS over memory${isDribbling ? ', byte by byte' : ''}`, () => {
    const network = new MemoryNetwork();
    const over = isDribbling ? dribbling : (transport: Transport): Transport => transport;
    return underTls({
      dialer: over(network.transport('10.0.0.1')),
      acceptor: over(network.transport('10.0.0.2')),
      host: '10.0.0.2',
      run: (body) => body(),
    });
  });
}
