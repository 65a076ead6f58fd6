import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeUdpTrackerRequest, encodeUdpTrackerReply, type UdpTrackerReply } from '../../codec/announce/udp.ts';
import { connectionId, type FakeDatagram, FakeNetwork, fakeSwarm, startOn, success, udpAnswer } from './fakes.test.ts';
import { scrape } from './scrape.ts';
import { trackerClient } from './tracker-client.ts';

const minutes = (count: number): number => count * 60_000;
const url = 'udp://t:6969/announce';
const peer = { host: '192.0.2.1', port: 1 };

const actionOf = ({ bytes }: FakeDatagram): string => decodeUdpTrackerRequest(bytes)?.action ?? 'garbage';
const told = (network: FakeNetwork): string[] =>
  network.datagrams.map((datagram) => `${datagram.at} ${actionOf(datagram)}`);
const packed = (message: UdpTrackerReply, datagram: FakeDatagram): Uint8Array =>
  encodeUdpTrackerReply(message, datagram.family);

const friendly = success({ peers: [peer, { host: '2001:db8::9', port: 2 }] });
const answer = ({ bytes, family }: FakeDatagram): Uint8Array => udpAnswer(bytes, family, friendly);
const answers = (datagram: FakeDatagram): void => datagram.reply(answer(datagram));

describe('a UDP tracker (BEP 15)', () => {
  it('is connected to, then announced to, with the URL data of BEP 41', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = answers;
    const { session, peers } = startOn(network, fakeSwarm([[`${url}?key=1`]]));
    await network.clock.run(1000);
    assert.deepEqual(told(network), ['0 connect', '0 announce']);
    assert.deepEqual(network.datagrams[0]?.to, { host: '198.51.100.1', port: 6969 });
    const announced = decodeUdpTrackerRequest(network.datagrams[1]?.bytes ?? new Uint8Array(0));
    assert.ok(announced?.action === 'announce');
    assert.deepEqual(announced.connectionId, connectionId);
    assert.equal(announced.urlData, '/announce?key=1');
    assert.equal(announced.request.event, 'started');
    assert.deepEqual(peers, ['192.0.2.1:1']);
    assert.equal(session.status()[0]?.state, 'ok');
  });

  it('without a path gets no URL data', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = answers;
    startOn(network, fakeSwarm([['udp://t:6969']]));
    await network.clock.run(1000);
    assert.equal(network.datagrams[1]?.bytes.length, 98);
  });

  it('gives IPv6 peers over IPv6', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['2001:db8::1', '198.51.100.1']);
    network.onDatagram = answers;
    const { peers } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(1000);
    assert.deepEqual(
      network.datagrams.map(({ family }) => family),
      [4, 6, 4, 6],
    );
    assert.deepEqual(peers, ['192.0.2.1:1', '[2001:db8::9]:2']);
  });

  it('gets one connect and one socket for all torrents, and a new id after a minute', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = answers;
    const client = trackerClient({}, network.deps);
    const start = () => client.start(fakeSwarm([[url]]).swarm, () => {});
    const sessions = Array.from({ length: 40 }, start);
    await network.clock.run(59_000);
    sessions.push(start());
    await network.clock.run(2000);
    sessions.push(start());
    await network.clock.run(1000);
    assert.deepEqual(
      network.datagrams.filter((datagram) => actionOf(datagram) === 'connect').map(({ at }) => at),
      [0, 61],
    );
    assert.equal(network.openSockets, 1);
    await network.clock.finish(Promise.all(sessions.map((session) => session.stop())));
    assert.equal(network.openSockets, 0);
  });

  it('that does not answer is asked again after 15, 30, 60 … seconds, as in the example', async () => {
    const network = new FakeNetwork('t');
    startOn(network, fakeSwarm([[url]]), { udpTimeout: minutes(180) });
    await network.clock.run(minutes(180));
    assert.deepEqual(
      told(network),
      [0, 15, 45, 105, 225, 465, 945, 1905, 3825, 7665].map((at) => `${at} connect`),
    );
  });

  it('that stops answering is connected to again once the id is too old, as in the example', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = (datagram) => {
      if (datagram.at === 0 && actionOf(datagram) === 'connect') answers(datagram);
    };
    startOn(network, fakeSwarm([[url]]), { udpTimeout: minutes(5) });
    await network.clock.run(minutes(5));
    assert.deepEqual(told(network), [
      '0 connect',
      '0 announce',
      '15 announce',
      '45 announce',
      '105 connect',
      '225 connect',
    ]);
  });

  it('counts as failed after a minute', async () => {
    const network = new FakeNetwork('t', 'u');
    const { session } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(61_000);
    assert.deepEqual(told(network), ['0 connect', '15 connect', '45 connect']);
    assert.equal(session.status()[0]?.message, 'no answer within 60 s');
  });

  it('refuses in its own words', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = (datagram) => {
      const request = decodeUdpTrackerRequest(datagram.bytes);
      if (request?.action === 'connect') return answers(datagram);
      datagram.reply(
        packed({ action: 'error', transactionId: request?.transactionId ?? 0, message: 'unregistered' }, datagram),
      );
    };
    const { session } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(1000);
    assert.deepEqual(told(network), ['0 connect', '0 announce']);
    assert.equal(session.status()[0]?.message, 'unregistered');
  });

  it('that forgot our connection id is connected to again', async () => {
    const network = new FakeNetwork('t');
    let hasForgotten = false;
    network.onDatagram = (datagram) => {
      const request = decodeUdpTrackerRequest(datagram.bytes);
      if (request?.action === 'connect') hasForgotten = false;
      if (!hasForgotten) return answers(datagram);
      datagram.reply(
        packed({ action: 'error', transactionId: request?.transactionId ?? 0, message: 'bad connection id' }, datagram),
      );
    };
    const { session } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(1000);
    hasForgotten = true;
    session.announce('completed');
    await network.clock.run(1000);
    assert.deepEqual(told(network), ['0 connect', '0 announce', '1 announce', '1 connect', '1 announce']);
    assert.equal(session.status()[0]?.state, 'ok');
  });

  const strays: Record<string, (datagram: FakeDatagram) => void> = {
    'from another address': (datagram) => datagram.reply(answer(datagram), { host: '198.51.100.66', port: 6969 }),
    'from another port': (datagram) => datagram.reply(answer(datagram), { host: '198.51.100.1', port: 6970 }),
    'with another transaction id': (datagram) =>
      datagram.reply(answer(datagram).with(7, (answer(datagram)[7] ?? 0) ^ 1)),
    'with another action': (datagram) =>
      datagram.reply(answer(datagram).with(3, actionOf(datagram) === 'connect' ? 1 : 0)),
    'that is cut short': (datagram) => datagram.reply(answer(datagram).subarray(0, 7)),
    'of random bytes': (datagram) => datagram.reply(new Uint8Array(200).fill(0xee)),
  };
  for (const [what, stray] of Object.entries(strays)) {
    it(`does not count a reply ${what}, but still the right one after it`, async () => {
      const network = new FakeNetwork('t');
      network.onDatagram = stray;
      const { session, peers } = startOn(network, fakeSwarm([[url]]));
      await network.clock.run(10_000);
      assert.deepEqual(peers, []);
      assert.equal(session.status()[0]?.state, 'working');
      network.onDatagram = (datagram) => {
        stray(datagram);
        answers(datagram);
      };
      await network.clock.run(10_000);
      assert.deepEqual(peers, ['192.0.2.1:1']);
    });
  }

  it('is told that we stop with the connection id at hand', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = answers;
    const { session } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(10_000);
    await network.clock.finish(session.stop());
    const last = decodeUdpTrackerRequest(network.datagrams.at(-1)?.bytes ?? new Uint8Array(0));
    assert.deepEqual(told(network), ['0 connect', '0 announce', '10 announce']);
    assert.ok(last?.action === 'announce' && last.request.event === 'stopped' && last.request.numWant === 0);
  });

  it('leaves no timer behind when we stop while it is silent', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(1000);
    await network.clock.finish(session.stop());
    const fired = network.clock.fired;
    await network.clock.run(minutes(60));
    assert.equal(network.clock.fired, fired);
  });

  it('fails at once when the system cannot send', async () => {
    const network = new FakeNetwork('t');
    const deps = network.deps;
    const openUdp = () => ({
      send: (_bytes: unknown, _to: unknown, failed: (error: Error) => void) => failed(new Error('ENETUNREACH')),
      close: () => {},
    });
    const session = trackerClient({}, { ...deps, network: { ...deps.network, openUdp } }).start(
      fakeSwarm([[url]]).swarm,
      () => {},
    );
    await network.clock.run(100);
    assert.equal(session.status()[0]?.message, 'ENETUNREACH');
  });

  it('gets a new socket after one broke', async () => {
    const network = new FakeNetwork('t');
    const deps = network.deps;
    let opened = 0;
    const openUdp: typeof deps.network.openUdp = (family, handlers) => {
      if (++opened > 1) return deps.network.openUdp(family, handlers);
      return { send: () => handlers.error(new Error('EADDRNOTAVAIL')), close: () => {} };
    };
    network.onDatagram = answers;
    const session = trackerClient({}, { ...deps, network: { ...deps.network, openUdp } }).start(
      fakeSwarm([[url]]).swarm,
      () => {},
    );
    await network.clock.run(minutes(1));
    assert.equal(opened, 2);
    assert.equal(session.status()[0]?.state, 'ok');
  });
});

describe('scrape', () => {
  const hashes = Array.from({ length: 100 }, (_, i) => new Uint8Array(20).fill(i));

  it('asks a UDP tracker for 74 swarms at a time and closes its socket', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = answers;
    const entries = await network.clock.finish(scrape(url, hashes, network.deps));
    assert.deepEqual(told(network), ['0 connect', '0 scrape', '0 scrape']);
    assert.deepEqual(
      entries.map(({ infoHash, complete }) => [infoHash[0], complete]),
      hashes.map((_, i) => [i, i]),
    );
    assert.equal(network.openSockets, 0);
  });

  it('leaves out the swarms of which a UDP tracker says nothing', async () => {
    const network = new FakeNetwork('t');
    network.onDatagram = (datagram) => datagram.reply(answer(datagram).subarray(0, 8 + 12 * 2 + 5));
    const entries = await network.clock.finish(scrape(url, hashes.slice(0, 5), network.deps));
    assert.equal(entries.length, 2);
  });

  it('asks an HTTP tracker at its scrape URL, fifty at a time', async () => {
    const network = new FakeNetwork('t');
    network.onFetch = () => ({
      status: 200,
      location: null,
      body: new TextEncoder().encode(
        'd5:filesd20:xxxxxxxxxxxxxxxxxxxxd8:completei11e10:downloadedi13772e10:incompletei19eeee',
      ),
    });
    const entries = await network.clock.finish(scrape('http://t/announce?key=1', hashes, network.deps));
    assert.deepEqual(
      network.fetched.map((request) => request.url.slice(0, 32)),
      Array.from({ length: 2 }, () => 'http://t/scrape?key=1&info_hash='),
    );
    assert.deepEqual(
      entries.map(({ complete }) => complete),
      [11, 11],
    );
  });

  it('tries the other address family when one does not answer', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['198.51.100.1', '2001:db8::1']);
    network.onDatagram = (datagram) => {
      if (datagram.family === 6) answers(datagram);
    };
    const deps = network.deps;
    const openUdp: typeof deps.network.openUdp = (family, handlers) =>
      family === 6
        ? deps.network.openUdp(family, handlers)
        : { send: (_bytes, _to, failed) => failed(new Error('no route')), close: () => {} };
    const entries = await network.clock.finish(
      scrape(url, hashes.slice(0, 1), { ...deps, network: { ...deps.network, openUdp } }),
    );
    assert.equal(entries.length, 1);
  });

  it('of a tracker without one says so', async () => {
    const network = new FakeNetwork('t');
    await assert.rejects(network.clock.finish(scrape('http://t/a', hashes, network.deps)), { code: 'TRACKER_BAD_URL' });
    await assert.rejects(network.clock.finish(scrape('wss://t/announce', hashes, network.deps)), {
      code: 'TRACKER_UNSUPPORTED_SCHEME',
    });
  });

  it('ends with its signal', async () => {
    const network = new FakeNetwork('t');
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(network.clock.finish(scrape(url, hashes, network.deps, { signal })), /enough/);
  });
});
