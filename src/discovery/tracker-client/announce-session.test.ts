import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeNetwork, fakeSwarm, startOn, success, unreachable, type Seen } from './fakes.test.ts';
import { trackerError } from './errors.ts';

const told = (seen: readonly Seen[]): string[] => seen.map(({ at, host, request }) => `${at} ${host} ${request.event}`);
const minutes = (count: number): number => count * 60_000;

describe('the announce lifecycle', () => {
  it("is started, then regular announces at the tracker's interval, then stopped", async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(65));
    await network.clock.finish(session.stop());
    assert.deepEqual(told(network.seen), ['0 t started', '1800 t none', '3600 t none', '3900 t stopped']);
  });

  it('tells the counters of the moment and asks for as many peers as are wanted', async () => {
    const network = new FakeNetwork('t');
    const fake = fakeSwarm([['http://t/announce']]);
    const { session } = startOn(network, fake);
    await network.clock.run(1000);
    fake.progress = { uploaded: 10, downloaded: 20, left: 0, isPartialSeed: false, wanted: 5000 };
    session.announce('completed');
    await network.clock.run(1000);
    await network.clock.finish(session.stop());
    const [started, completed, stopped] = network.seen.map(({ request }) => request);
    assert.deepEqual([started?.uploaded, started?.downloaded, started?.left, started?.numWant], [1, 2, 3, 40]);
    assert.deepEqual(
      [completed?.uploaded, completed?.downloaded, completed?.left, completed?.numWant],
      [10, 20, 0, 200],
    );
    assert.equal(stopped?.numWant, 0);
    assert.deepEqual(
      [started?.infoHash, started?.peerId, started?.port],
      [fake.swarm.infoHash, fake.swarm.peerId, 6881],
    );
    assert.deepEqual(started?.claimedHosts, []);
  });

  it('keeps one key for all announces of a swarm', async () => {
    const network = new FakeNetwork('t', 'u');
    network.hosts.set('t', ['198.51.100.1', '2001:db8::1']);
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(31));
    await network.clock.finish(session.stop());
    assert.equal(network.seen.length, 6);
    assert.equal(new Set(network.seen.map(({ request }) => request.key)).size, 1);
    assert.match(network.seen[0]?.request.key ?? '', /^[0-9a-f]{8}$/);
  });

  it('tells completed once, however often it is called', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    session.announce('completed');
    session.announce('completed');
    await network.clock.run(minutes(31));
    session.announce('completed');
    await network.clock.run(minutes(1));
    assert.deepEqual(told(network.seen), ['0 t started', '1 t completed', '1801 t none']);
  });

  it('never tells completed of a torrent that was complete at the start', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']], { left: 0 }));
    await network.clock.run(1000);
    session.announce('completed');
    await network.clock.run(1000);
    assert.deepEqual(told(network.seen), ['0 t started']);
  });

  it('does not lose completed when it comes during an announce or the tracker is down', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ at, request }) => (request.event === 'completed' && at < 100 ? unreachable() : success());
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    session.announce('completed');
    await network.clock.run(minutes(10));
    const events = network.seen.map(({ request }) => request.event);
    assert.equal(events[0], 'started');
    assert.ok(events.length > 2 && events.slice(1).every((event) => event === 'completed'));
    assert.equal(session.status()[0]?.state, 'ok');
  });

  it('repeats started until a tracker has taken it', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ at }) => (at < 100 ? unreachable() : success());
    startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(10));
    assert.ok(network.seen.length > 2);
    assert.ok(network.seen.every(({ request }) => request.event === 'started'));
  });

  it('tells paused in regular announces of a partial seed (BEP 21)', async () => {
    const network = new FakeNetwork('t');
    startOn(network, fakeSwarm([['http://t/announce']], { isPartialSeed: true }));
    await network.clock.run(minutes(31));
    assert.deepEqual(told(network.seen), ['0 t started', '1800 t paused']);
  });

  it('claims to lack something while the size is unknown, so as not to count as a seed', async () => {
    const network = new FakeNetwork('t');
    startOn(network, fakeSwarm([['http://t/announce']], { left: null }));
    await network.clock.run(1000);
    assert.equal(network.seen[0]?.request.left, 16384);
  });

  it('gives the tracker id back', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ at }) => success({ trackerId: at === 0 ? 'abc' : null });
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(31));
    await network.clock.finish(session.stop());
    assert.deepEqual(
      network.seen.map(({ request }) => request.trackerId),
      [null, 'abc', 'abc'],
    );
  });

  it('goes on after stopped when started is called again', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    session.announce('stopped');
    session.announce('started');
    await network.clock.run(minutes(31));
    assert.deepEqual(told(network.seen), ['0 t started', '1 t stopped', '1 t started', '1801 t none']);
  });

  it('hands on peers, warnings, counts and the external address', async () => {
    const network = new FakeNetwork('t');
    const external: string[] = [];
    network.onAnnounce = () =>
      success({
        peers: [{ host: '192.0.2.1', port: 1 }],
        warning: 'careful',
        complete: 4,
        incomplete: 5,
        downloaded: 6,
        externalHost: '203.0.113.9',
      });
    const { session, peers } = startOn(network, fakeSwarm([['http://t/announce']]), {
      onExternalHost: (host) => external.push(host),
    });
    await network.clock.run(1000);
    assert.deepEqual(peers, ['192.0.2.1:1']);
    assert.deepEqual(external, ['203.0.113.9']);
    assert.deepEqual(session.status(), [
      {
        name: 'http://t/announce',
        state: 'ok',
        message: 'careful',
        seeders: 4,
        leechers: 5,
        downloads: 6,
        peersReceived: 1,
        lastAt: network.clock.wall() - 1,
        nextIn: 1_799_050,
      },
    ]);
  });
});

describe('the time between announces', () => {
  it('follows min interval when more peers are wanted', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = () => success({ minInterval: 600 });
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(5));
    for (let i = 0; i < 10; i++) session.announce('update');
    await network.clock.run(minutes(20));
    session.announce('update');
    await network.clock.run(1000);
    assert.deepEqual(
      network.seen.map(({ at }) => at),
      [0, 600, 1500],
    );
  });

  it('is five minutes at least for more peers when the tracker names no minimum', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    session.announce('update');
    await network.clock.run(minutes(10));
    assert.deepEqual(
      network.seen.map(({ at }) => at),
      [0, 300],
    );
  });

  it('is never below a minute nor above a day, whatever the tracker says', async () => {
    for (const [interval, gap] of [
      [0, 60],
      [4_294_967_295, 86_400],
    ] as const) {
      const network = new FakeNetwork('t');
      network.onAnnounce = () => success({ interval, minInterval: 0 });
      startOn(network, fakeSwarm([['http://t/announce']]));
      await network.clock.run(gap * 1000 + 500);
      assert.deepEqual(
        network.seen.map(({ at }) => at),
        [0, gap],
      );
    }
  });

  it('grows after failures, at random, up to an hour', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = () => unreachable();
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(24 * minutes(60));
    const gaps = network.seen.slice(1).map(({ at }, i) => at - (network.seen[i] as Seen).at);
    for (const [i, gap] of gaps.entries()) {
      const whole = Math.min(3600, 30 * 2 ** i);
      assert.ok(gap >= whole / 2 - 1 && gap <= whole + 1, `gap ${i} is ${gap} s`);
    }
    assert.ok(gaps.length > 24);
    assert.equal(session.status()[0]?.state, 'failed');
    assert.equal(session.status()[0]?.message, 'refused');
  });

  it('is what the tracker asks for in retry in (BEP 31)', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ at }) => (at === 0 ? { kind: 'failure', reason: 'Overloaded', retryIn: 5 } : success());
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.equal(session.status()[0]?.message, 'Overloaded');
    assert.equal(session.status()[0]?.nextIn, 299_050);
    await network.clock.run(minutes(6));
    assert.deepEqual(
      network.seen.map(({ at }) => at),
      [0, 300],
    );
  });

  it('is for ever when the tracker says never (BEP 31)', async () => {
    const network = new FakeNetwork('t', 'u');
    network.onAnnounce = ({ host }) =>
      host === 't' ? { kind: 'failure', reason: 'Not a tracker', retryIn: 'never' } : success();
    const { session } = startOn(network, fakeSwarm([['http://t/announce'], ['http://u/announce']]));
    await network.clock.run(48 * minutes(60));
    session.announce('update');
    await network.clock.run(minutes(10));
    assert.equal(network.seen.filter(({ host }) => host === 't').length, 1);
    assert.ok(network.seen.length > 90);
    assert.equal(session.status()[0]?.nextIn, null);
  });
});

describe('tiers (BEP 12)', () => {
  it('are gone through in order; the next is asked only when all of the one before failed', async () => {
    const network = new FakeNetwork('a', 'b', 'c', 'd');
    network.onAnnounce = ({ host }) => (host === 'c' || host === 'd' ? success() : unreachable());
    startOn(
      network,
      fakeSwarm([['http://a/announce', 'http://b/announce'], ['http://c/announce'], ['http://d/announce']]),
    );
    await network.clock.run(1000);
    assert.deepEqual(
      network.seen
        .slice(0, 2)
        .map(({ host }) => host)
        .sort(),
      ['a', 'b'],
    );
    assert.deepEqual(
      network.seen.slice(2).map(({ host }) => host),
      ['c'],
    );
  });

  it('ask the backup first tracker again at each announce', async () => {
    const network = new FakeNetwork('a', 'b');
    network.onAnnounce = ({ host, at }) => (host === 'b' || at > 1000 ? success() : unreachable());
    startOn(network, fakeSwarm([['http://a/announce'], ['http://b/announce']]));
    await network.clock.run(minutes(61));
    assert.deepEqual(told(network.seen), ['0 a started', '0 b started', '1800 a started', '3600 a none']);
  });

  it('move the tracker that answered to the front, as in the example', async () => {
    const network = new FakeNetwork('a', 'b', 'c');
    const order: string[] = [];
    let up = 'none';
    network.onAnnounce = ({ host }) => {
      order.push(host);
      return host === up ? success({ interval: 60 }) : unreachable();
    };
    const { session } = startOn(network, fakeSwarm([['http://a/announce', 'http://b/announce', 'http://c/announce']]));
    await network.clock.run(1000);
    const [first, second, third] = [...order] as [string, string, string];
    assert.deepEqual([first, second, third].toSorted(), ['a', 'b', 'c']);
    const inOrder = (): string[] => session.status().map(({ name }) => new URL(name).host);
    up = second;
    await network.clock.run(minutes(2));
    assert.deepEqual(inOrder(), [second, first, third]);
    up = third;
    await network.clock.run(minutes(240));
    assert.deepEqual(inOrder(), [third, second, first]);
  });

  it('are shuffled inside, differently for different swarms', async () => {
    const firsts = new Set<string>();
    const network = new FakeNetwork('a', 'b', 'c');
    for (let i = 0; i < 20; i++) {
      const { session } = startOn(
        network,
        fakeSwarm([['http://a/announce', 'http://b/announce', 'http://c/announce']]),
      );
      firsts.add(session.status()[0]?.name ?? '');
    }
    assert.equal(firsts.size, 3);
  });

  it('have each URL once, without the white space around it', () => {
    const network = new FakeNetwork('a', 'b');
    const { session } = startOn(
      network,
      fakeSwarm([[' http://a/announce\n'], ['http://a/announce', ''], [], ['http://b/announce']]),
    );
    assert.deepEqual(
      session.status().map(({ name }) => name),
      ['http://a/announce', 'http://b/announce'],
    );
  });

  it('skip URLs that no tracker of ours can have, and say why', async () => {
    const network = new FakeNetwork('b');
    const { session } = startOn(
      network,
      fakeSwarm([['wss://a/announce'], ['http://'], ['udp://noport'], ['http://b/announce']]),
    );
    await network.clock.run(minutes(120));
    assert.deepEqual(
      session.status().map(({ state, message, nextIn }) => [state, message, nextIn === null]),
      [
        ['failed', 'unsupported scheme "wss"', true],
        ['failed', 'not a URL', true],
        ['failed', 'the URL lacks a host or a port', true],
        ['ok', null, false],
      ],
    );
  });

  it('do not keep the next tracker waiting for a silent one, and still take its late answer', async () => {
    const network = new FakeNetwork('slow', 'fast');
    const { session, peers } = startOn(network, fakeSwarm([['http://slow/announce'], ['http://fast/announce']]));
    network.onAnnounce = ({ host }) => (host === 'slow' ? null : success({ peers: [{ host: '192.0.2.1', port: 1 }] }));
    await network.clock.run(11_000);
    assert.deepEqual(told(network.seen), ['0 slow started', '10 fast started']);
    assert.deepEqual(peers, ['192.0.2.1:1']);
    assert.deepEqual(
      session.status().map(({ state }) => state),
      ['working', 'ok'],
    );
    await network.clock.run(20_000);
    assert.deepEqual(
      session.status().map(({ state, message }) => [state, message]),
      [
        ['failed', 'no answer within 30 s'],
        ['ok', null],
      ],
    );
  });

  it('without any tracker do nothing', async () => {
    const network = new FakeNetwork();
    const { session } = startOn(network, fakeSwarm([]));
    session.announce('update');
    session.announce('completed');
    await network.clock.run(minutes(60));
    await network.clock.finish(session.stop());
    assert.deepEqual(session.status(), []);
  });
});

describe('both address families (BEP 7)', () => {
  it('are announced to when the tracker has both', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['2001:db8::1', '198.51.100.1', '198.51.100.2']);
    startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.deepEqual(
      network.seen.map(({ address }) => address),
      ['198.51.100.1', '2001:db8::1'],
    );
  });

  it('count as a success when one of them answers, whose peers are not held up by the other', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['2001:db8::1', '198.51.100.1']);
    network.onAnnounce = ({ address }) =>
      address.includes(':') ? null : success({ peers: [{ host: '192.0.2.1', port: 1 }] });
    const { session, peers } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.deepEqual(peers, ['192.0.2.1:1']);
    await network.clock.run(30_000);
    assert.equal(session.status()[0]?.state, 'ok');
  });

  it('report what the tracker said rather than that the other family has no route', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['2001:db8::1', '198.51.100.1']);
    network.onAnnounce = ({ address }) =>
      address.includes(':') ? { kind: 'failure', reason: 'unknown torrent', retryIn: null } : unreachable();
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.equal(session.status()[0]?.message, 'unknown torrent');
  });

  it('try the next address of a family after a failure', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['198.51.100.1', '198.51.100.2']);
    network.onAnnounce = ({ address }) => (address === '198.51.100.1' ? unreachable() : success());
    startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(1));
    assert.deepEqual(
      network.seen.map(({ address }) => address),
      ['198.51.100.1', '198.51.100.2'],
    );
  });
});

describe('the end of a session', () => {
  it('comes within five seconds although the tracker is silent', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ request }) => (request.event === 'stopped' ? null : success());
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    const before = network.clock.now();
    await network.clock.finish(session.stop());
    assert.equal(network.clock.now() - before, 5000);
  });

  it('tells only the trackers that may know us', async () => {
    const network = new FakeNetwork('a', 'b', 'c');
    network.onAnnounce = ({ host }) => (host === 'b' ? success() : unreachable());
    const { session } = startOn(
      network,
      fakeSwarm([['http://a/announce'], ['http://b/announce'], ['http://c/announce']]),
    );
    await network.clock.run(1000);
    await network.clock.finish(session.stop());
    assert.deepEqual(
      told(network.seen).filter((line) => line.endsWith('stopped')),
      ['1 b stopped'],
    );
  });

  it('breaks off a started that is under way, and takes it back in case it arrived', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ request }) => (request.event === 'started' ? null : success());
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    await network.clock.finish(session.stop());
    assert.deepEqual(told(network.seen), ['0 t started', '1 t stopped']);
    assert.ok(network.clock.now() < 2000);
  });

  it('does not lose completed, whether that is under way or has not been told yet, and tells it once', async () => {
    const network = new FakeNetwork('t', 'u');
    const fake = fakeSwarm([['http://t/announce', 'http://u/announce']]);
    const { session } = startOn(network, fake);
    await network.clock.run(1000);
    session.announce('completed');
    await network.clock.finish(session.stop());
    const events = network.seen.map(({ request }) => request.event);
    assert.deepEqual(events, ['started', 'completed', 'stopped']);
  });

  it('tells completed first to a tracker that was busy with another announce', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    network.onAnnounce = ({ request }) => (request.event === 'none' ? null : success());
    await network.clock.run(minutes(30));
    session.announce('completed');
    await network.clock.finish(session.stop());
    assert.deepEqual(
      network.seen.map(({ request }) => request.event),
      ['started', 'none', 'completed', 'stopped'],
    );
  });

  it('says goodbye although the tracker does not answer to completed', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    network.onAnnounce = ({ request }) => (request.event === 'completed' ? null : success());
    session.announce('completed');
    await network.clock.finish(session.stop());
    assert.deepEqual(
      network.seen.map(({ request }) => request.event),
      ['started', 'completed', 'stopped'],
    );
    assert.ok(network.clock.now() < 4000, String(network.clock.now()));
  });

  it('says goodbye although a tracker that was busy before does not answer to completed', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    network.onAnnounce = ({ request }) => (request.event === 'stopped' ? success() : null);
    await network.clock.run(minutes(30));
    session.announce('completed');
    await network.clock.finish(session.stop());
    assert.deepEqual(
      network.seen.map(({ request }) => request.event),
      ['started', 'none', 'completed', 'stopped'],
    );
  });

  it('tells completed to a tracker at once while another is silent', async () => {
    const network = new FakeNetwork('a', 'b');
    network.onAnnounce = ({ host, at }) => (host === 'a' && at < 1000 ? unreachable() : success());
    const { session } = startOn(network, fakeSwarm([['http://a/announce'], ['http://b/announce']]));
    await network.clock.run(minutes(61)); // a has come back and is the one that is told
    network.onAnnounce = ({ host }) => (host === 'a' ? null : success());
    session.announce('completed');
    await network.clock.finish(session.stop());
    assert.deepEqual(told(network.seen).slice(-4), [
      '3660 a completed',
      '3660 b completed',
      '3663 a stopped',
      '3663 b stopped',
    ]);
  });

  it('tells both address families that the download is complete before one of them that it stops', async () => {
    const network = new FakeNetwork();
    network.hosts.set('t', ['198.51.100.1', '2001:db8::1']);
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    network.delayOf = ({ url, address }) => (url.includes('completed') && address.includes(':') ? 1000 : 50);
    session.announce('completed');
    await network.clock.finish(session.stop());
    assert.deepEqual(
      network.seen.slice(2).map(({ address, request }) => `${address} ${request.event}`),
      ['198.51.100.1 completed', '2001:db8::1 completed', '198.51.100.1 stopped', '2001:db8::1 stopped'],
    );
  });

  it('begins with what is owed; then nothing is told until it stops', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    session.announce('completed');
    await network.clock.finish(session.settle());
    session.announce('update');
    await network.clock.run(minutes(120));
    assert.deepEqual(told(network.seen), ['0 t started', '1 t completed']);
  });

  it('leaves nothing scheduled, and later calls are without effect', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    const ended = session.stop();
    assert.equal(session.stop(), ended);
    await network.clock.finish(ended);
    session.announce('started');
    session.announce('update');
    session.announce('stopped');
    await network.clock.run(minutes(120));
    assert.equal(network.seen.length, 2);
  });

  it('delivers no peers after the call', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = () => success({ peers: [{ host: '192.0.2.1', port: 1 }] });
    const { session, peers } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.finish(session.stop());
    assert.deepEqual(peers, []);
  });
});

it('logs a failure without the passkey', async () => {
  const network = new FakeNetwork('t');
  network.onAnnounce = () => trackerError('TRACKER_REFUSED', 'http://t/announce/KEY is refused');
  const { session } = startOn(network, fakeSwarm([['http://t/announce/KEY']]));
  await network.clock.run(1000);
  const url = 'http://t/announce/[redacted]';
  assert.deepEqual(network.logged, [{ tracker: url, code: 'TRACKER_REFUSED', reason: `${url} is refused` }]);
  assert.deepEqual(session.status()[0]?.name, 'http://t/announce/KEY');
});
