import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { PeerAddress } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import type { AnnounceRequest, AnnounceSuccess } from '../../codec/announce/index.ts';
import { decodeAnnounceQuery, encodeAnnounceReply } from '../../codec/announce/http-announce.ts';
import { decodeUdpTrackerRequest, encodeUdpTrackerReply } from '../../codec/announce/udp.ts';
import { addressEgress } from '../../net/egress/index.ts';
import { Announcer, defaultAnnouncerOptions } from './announcer.ts';
import { fakeSwarm, success } from './fakes.test.ts';
import { nodeTrackerNetwork } from './node-network.ts';
import { scrape } from './scrape.ts';
import { trackerClient } from './tracker-client.ts';

/** A self-signed certificate for localhost, made for this test; it guards nothing. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUQWrlZ064U4MxQw7lfgylhuOMpRgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIxMTgxNloYDzIxMjYxMDI5
MjExODE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR6lUyO3Y4kR0akejN242KZ+8rbDoDrwsYuFfEOfCaSF8wOlG8skGrg
iXA1WCY94VZrvsUBW6o5qeU6o+AkuxTHo28wbTAdBgNVHQ4EFgQUQHsHJV3kepyq
s7gNwiZZTJ/NZVgwHwYDVR0jBBgwFoAUQHsHJV3kepyqs7gNwiZZTJ/NZVgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAO/uHKCXOc15/vMxrj66lJg8wbW4ZekSzpTdIKwTVxpxAiEA
t4hlsBsYMYPIYZ2qfBPoR0cYGXrmkoIV9kViBn7v2iw=
-----END CERTIFICATE-----
`;
const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGwJG1g32PNoZLIuR
ze4NOyKwdECbjCmy64Unsw0hMD6hRANCAAR6lUyO3Y4kR0akejN242KZ+8rbDoDr
wsYuFfEOfCaSF8wOlG8skGrgiXA1WCY94VZrvsUBW6o5qeU6o+AkuxTH
-----END PRIVATE KEY-----
`;

const deps = { clock: systemClock, random: systemRandom, logger: silentLogger };
const reply = (changes: Partial<AnnounceSuccess> = {}): Uint8Array =>
  encodeAnnounceReply(success({ peers: [{ host: '192.0.2.1', port: 6881 }], ...changes }), true);
const open: { close(): unknown; closeAllConnections?(): void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function listen(server: Server | TcpServer, scheme = 'http', host = '127.0.0.1'): Promise<string> {
  open.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  return `${scheme}://${host}:${(server.address() as AddressInfo).port}/announce`;
}
const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener));

const request = (): AnnounceRequest => {
  const { swarm } = fakeSwarm([]);
  return {
    infoHash: swarm.infoHash,
    peerId: swarm.peerId,
    port: 1,
    uploaded: 0,
    downloaded: 0,
    left: 1,
    event: 'started',
    numWant: 5,
    key: '00000001',
    trackerId: null,
    isCompact: true,
    claimedHosts: [],
  };
};

/** One announce over the real network. */
async function announce(
  url: string,
  timeout = 20_000,
  bind: readonly string[] = [],
): Promise<readonly AnnounceSuccess[]> {
  const announcer = new Announcer(
    { ...defaultAnnouncerOptions, timeout, udpTimeout: timeout },
    { ...deps, network: nodeTrackerNetwork(addressEgress({ bind })) },
  );
  const call = {
    signal: new AbortController().signal,
    isUrgent: false,
    attempt: 0,
    onContact: () => {},
    onReply: () => {},
  };
  try {
    return await announcer.announce(url, request(), call);
  } finally {
    announcer.close();
  }
}

describe('announces from a bound address', () => {
  it('come from that address and no other', async () => {
    let from: string | undefined;
    const url = await serve((incoming, response) => {
      from = incoming.socket.remoteAddress;
      response.end(reply());
    });
    await announce(url, 20_000, ['127.0.0.2']);
    assert.equal(from, '127.0.0.2');
  });

  it('do not reach a tracker of a family without a bound address', async () => {
    const url = await serve((_incoming, response) => response.end(reply()));
    await assert.rejects(announce(url, 20_000, ['::1']), { code: 'TRACKER_UNREACHABLE' });
  });
});

describe('announces over real HTTP', () => {
  it('send raw bytes in the query and say who asks', async () => {
    let seen: AnnounceRequest | null = null;
    let headers: NodeJS.Dict<string | string[]> = {};
    const url = await serve((incoming, response) => {
      seen = decodeAnnounceQuery((incoming.url ?? '').split('?')[1] ?? '') as AnnounceRequest;
      headers = incoming.headers;
      response.end(reply());
    });
    const [answer] = await announce(url);
    assert.deepEqual(answer?.peers, [{ host: '192.0.2.1', port: 6881 }]);
    assert.deepEqual(seen, request());
    assert.match(String(headers['user-agent']), /^DST-Torrent\//);
    assert.equal(headers['accept-encoding'], 'gzip');
    assert.equal(headers['connection'], 'close');
  });

  it('read compressed replies', async () => {
    const url = await serve((_incoming, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync(reply())),
    );
    assert.equal((await announce(url))[0]?.peers.length, 1);
  });

  it('find the tracker by name', async () => {
    const url = await serve((_incoming, response) => response.end(reply()));
    assert.ok((await announce(url.replace('127.0.0.1', 'localhost'))).length >= 1);
  });

  const hostile: Record<string, { code: string; answer: RequestListener }> = {
    'a body that inflates beyond 1 MiB': {
      code: 'TRACKER_TOO_LARGE',
      answer: (_incoming, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync(new Uint8Array(8 * 1024 * 1024))),
    },
    'damaged compression': {
      code: 'TRACKER_BAD_REPLY',
      answer: (_incoming, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync(reply()).subarray(0, 30)),
    },
    'compression that is none': {
      code: 'TRACKER_BAD_REPLY',
      answer: (_incoming, response) => response.setHeader('content-encoding', 'gzip').end(reply()),
    },
    'a body without end': {
      code: 'TRACKER_TOO_LARGE',
      answer: (_incoming, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(new Uint8Array(65536).fill(0x61)));
        };
        response.on('drain', more);
        more();
      },
    },
    'a redirect to itself': {
      code: 'TRACKER_REDIRECT',
      answer: (incoming, response) => response.writeHead(302, { location: incoming.url }).end(),
    },
    'a redirect to a file': {
      code: 'TRACKER_REDIRECT',
      answer: (_incoming, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end(),
    },
    'a redirect to a local page': {
      code: 'TRACKER_FORBIDDEN_ADDRESS',
      answer: (_incoming, response) => response.writeHead(301, { location: '/admin' }).end(),
    },
    'a web page': { code: 'TRACKER_BAD_REPLY', answer: (_incoming, response) => response.end('<html>Welcome</html>') },
    'an error status': { code: 'TRACKER_HTTP_STATUS', answer: (_incoming, response) => response.writeHead(500).end() },
    'a body that is cut short': {
      code: 'TRACKER_UNREACHABLE',
      answer: (_incoming, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('d8:');
        response.destroy();
      },
    },
    'a connection closed without a word': {
      code: 'TRACKER_UNREACHABLE',
      answer: (incoming) => incoming.socket.destroy(),
    },
  };
  for (const [what, { code, answer }] of Object.entries(hostile)) {
    it(`fail with ${code} on ${what}`, async () => {
      await assert.rejects(announce(await serve(answer)), { code });
    });
  }

  it('fail with TRACKER_TIMEOUT on a server that sends byte after byte for ever', async () => {
    const url = await serve((_incoming, response) => {
      const timer = setInterval(() => response.write('d'), 5);
      response.on('close', () => clearInterval(timer));
    });
    await assert.rejects(announce(url, 100), { code: 'TRACKER_TIMEOUT' });
  });

  it('fail with TRACKER_BAD_REPLY on a server that speaks something else', async () => {
    const url = await listen(createTcpServer((socket) => socket.end('220 smtp.example.com ESMTP\r\n')));
    await assert.rejects(announce(url), { code: 'TRACKER_BAD_REPLY' });
  });

  it('fail with TRACKER_UNREACHABLE on a closed port', async () => {
    const server = createTcpServer();
    const url = await listen(server);
    server.close();
    await once(server, 'close');
    await assert.rejects(announce(url), { code: 'TRACKER_UNREACHABLE' });
  });

  it('fail with TRACKER_UNKNOWN_HOST on a name that cannot exist', async () => {
    await assert.rejects(announce(`http://${'a'.repeat(70)}/announce`), { code: 'TRACKER_UNKNOWN_HOST' });
  });

  it('fail with TRACKER_TLS on a certificate that nobody vouches for', async () => {
    let calls = 0;
    const url = await listen(
      createTlsServer({ cert: certificate, key: certificateKey }, () => calls++),
      'https',
    );
    await assert.rejects(announce(url), { code: 'TRACKER_TLS' });
    assert.equal(calls, 0);
  });

  it('fail with TRACKER_TLS on a server without TLS', async () => {
    const url = await serve((_incoming, response) => response.end(reply()));
    await assert.rejects(announce(url.replace('http:', 'https:')), { code: 'TRACKER_TLS' });
  });

  it('run a whole session: started, peers, stopped', async () => {
    const events: string[] = [];
    const url = await serve((incoming, response) => {
      events.push((decodeAnnounceQuery((incoming.url ?? '').split('?')[1] ?? '') as AnnounceRequest).event);
      response.end(reply());
    });
    const received = Promise.withResolvers<readonly PeerAddress[]>();
    const session = trackerClient({}, deps).start(fakeSwarm([[url]]).swarm, received.resolve);
    assert.deepEqual(await received.promise, [{ host: '192.0.2.1', port: 6881 }]);
    await session.stop();
    assert.deepEqual(events, ['started', 'stopped']);
  });
});

describe('announces over real UDP', () => {
  /** A tracker that answers everything; its URL. */
  async function serveUdp(type: 'udp4' | 'udp6', host: string): Promise<string> {
    const socket: UdpSocket = createSocket(type);
    open.push(socket);
    socket.on('message', (bytes, from) => {
      const incoming = decodeUdpTrackerRequest(bytes);
      if (incoming === null) return;
      const { transactionId, action } = incoming;
      const peers = [
        { host: '192.0.2.1', port: 6881 },
        { host: '2001:db8::1', port: 6882 },
      ];
      const answer =
        action === 'connect'
          ? { action, transactionId, connectionId: new Uint8Array(8).fill(9) }
          : action === 'announce'
            ? { action, transactionId, success: success({ interval: 900, complete: 1, incomplete: 2, peers }) }
            : { action, transactionId, entries: [{ complete: 1, incomplete: 2, downloaded: 3, downloaders: null }] };
      socket.send(encodeUdpTrackerReply(answer, type === 'udp4' ? 4 : 6), from.port, from.address);
    });
    socket.bind(0, host);
    await once(socket, 'listening');
    return `udp://${type === 'udp6' ? `[${host}]` : host}:${socket.address().port}/announce`;
  }

  it('bring IPv4 peers over IPv4', async () => {
    const [answer] = await announce(await serveUdp('udp4', '127.0.0.1'));
    assert.deepEqual([answer?.interval, answer?.complete, answer?.incomplete], [900, 1, 2]);
    assert.deepEqual(answer?.peers, [{ host: '192.0.2.1', port: 6881 }]);
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
  it('bring IPv6 peers over IPv6', { skip: hasIPv6 ? false : 'this machine has no IPv6' }, async () => {
    const [answer] = await announce(await serveUdp('udp6', '::1'));
    assert.deepEqual(answer?.peers, [{ host: '2001:db8::1', port: 6882 }]);
  });

  it('can be scraped', async () => {
    const entries = await scrape(await serveUdp('udp4', '127.0.0.1'), [new Uint8Array(20)], deps);
    assert.deepEqual(
      entries.map(({ complete, incomplete, downloaded }) => [complete, incomplete, downloaded]),
      [[1, 2, 3]],
    );
  });

  it('fail with TRACKER_TIMEOUT on silence', async () => {
    const socket = createSocket('udp4');
    open.push(socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    await assert.rejects(announce(`udp://127.0.0.1:${socket.address().port}`, 50), { code: 'TRACKER_TIMEOUT' });
  });
});
