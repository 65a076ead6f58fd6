import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Discovery, DiscoverySession } from '../discovery.ts';
import { type TrackerClientOptions, trackerClient } from './tracker-client.ts';
import { FakeNetwork, fakeSwarm, startOn, success, unreachable } from './fakes.test.ts';

const minutes = (count: number): number => count * 60_000;

/** A client with `count` torrents at the same tracker. */
function manyOn(network: FakeNetwork, count: number, url: string, options: TrackerClientOptions = {}) {
  const client = trackerClient(options, network.deps);
  return Array.from({ length: count }, () => client.start(fakeSwarm([[url]]).swarm, () => {}));
}

describe('a thousand torrents', () => {
  it('that start at once are announced fifty at a time, after one look-up of the name', async () => {
    const network = new FakeNetwork('t');
    manyOn(network, 1000, 'http://t/announce');
    await network.clock.run(minutes(1));
    assert.equal(network.seen.length, 1000);
    assert.equal(network.mostUnderWay, 50);
    assert.equal(network.lookups.length, 1);
  });

  it('have another limit when told so', async () => {
    const network = new FakeNetwork('t');
    manyOn(network, 100, 'http://t/announce', { concurrency: 3 });
    await network.clock.run(minutes(1));
    assert.equal(network.mostUnderWay, 3);
  });

  it('that stop while in line contact nobody', async () => {
    const network = new FakeNetwork('t');
    const sessions = manyOn(network, 1000, 'http://t/announce');
    await network.clock.finish(Promise.all(sessions.map((session) => session.stop())));
    const events = network.seen.map(({ request }) => request.event);
    assert.ok(events.length <= 100, `${events.length} announces`);
    assert.ok(network.clock.now() < 5000);
  });

  it('that stop are all told within five seconds, while others wait in line', async () => {
    const network = new FakeNetwork('t', 'dead');
    network.onAnnounce = ({ host }) => (host === 'dead' ? null : success());
    const client = trackerClient({}, network.deps);
    const stopping = Array.from({ length: 500 }, () =>
      client.start(fakeSwarm([['http://t/announce']]).swarm, () => {}),
    );
    await network.clock.run(minutes(1));
    for (let i = 0; i < 40; i++) client.start(fakeSwarm([['http://dead/announce']]).swarm, () => {});
    for (let i = 0; i < 1000; i++) client.start(fakeSwarm([['http://t/announce']]).swarm, () => {});
    await network.clock.finish(Promise.all(stopping.map((session) => session.stop())));
    assert.equal(network.seen.filter(({ request }) => request.event === 'stopped').length, 500);
  });

  it('do not each wait for a server that was found dead', async () => {
    const network = new FakeNetwork('dead');
    network.onAnnounce = () => null;
    const sessions = manyOn(network, 1000, 'http://dead/announce');
    await network.clock.run(31_000);
    assert.equal(network.seen.length, 50);
    assert.ok(sessions.every((session) => session.status()[0]?.state === 'failed'));
  });

  it('have one of them try whether it is alive, less and less often', async () => {
    const network = new FakeNetwork('dead');
    network.onAnnounce = () => null;
    const client = trackerClient({}, network.deps);
    const starts = Array.from({ length: 1000 }, () =>
      client.start(fakeSwarm([['http://dead/announce']]).swarm, () => {}),
    );
    await network.clock.run(31_000);
    network.mostUnderWay = 0;
    await network.clock.run(minutes(20));
    assert.equal(network.mostUnderWay, 1);
    assert.ok(network.seen.length <= 50 + 16, `${network.seen.length} announces`);
    const { answered, failed, spared, serversDown } = client.use;
    assert.deepEqual([answered, failed, serversDown], [0, network.seen.length - network.underWay, 1]);
    assert.ok(spared > 2000, String(spared));
    network.onAnnounce = () => success();
    starts[0]?.reannounce();
    await network.clock.run(31_000);
    assert.deepEqual([client.use.serversDown, starts[0]?.status()[0]?.state], [0, 'ok']);
  });

  it('are asked again of a server that has come back', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ at }) => (at < 10 ? unreachable() : success());
    const sessions = manyOn(network, 200, 'http://t/announce');
    await network.clock.run(minutes(2));
    assert.ok(sessions.every((session) => session.status()[0]?.state === 'ok'));
  });

  it('keep the refusal of one of them to that one', async () => {
    const network = new FakeNetwork('t');
    let calls = 0;
    network.onAnnounce = () =>
      calls++ === 0 ? { kind: 'failure', reason: 'unknown torrent', retryIn: null } : success();
    const sessions = manyOn(network, 100, 'http://t/announce', { concurrency: 1 });
    await network.clock.run(minutes(1) / 6);
    assert.equal(sessions.filter((session) => session.status()[0]?.state === 'failed').length, 1);
  });
});

describe('seeds', () => {
  const startSeeds = (client: Discovery): DiscoverySession[] =>
    Array.from({ length: 1000 }, () => client.start(fakeSwarm([['http://t/announce']], { left: 0 }).swarm, () => {}));

  it('announce a hundred a second', async () => {
    const network = new FakeNetwork('t');
    startSeeds(trackerClient({}, network.deps));
    await network.clock.run(1000);
    assert.ok(Math.abs(network.seen.length - 100) <= 10, `${network.seen.length} announces`);
    await network.clock.run(10_000);
    assert.equal(network.seen.length, 1000);
  });

  it('let a download go ahead', async () => {
    const network = new FakeNetwork('t');
    const client = trackerClient({}, network.deps);
    startSeeds(client);
    client.start(fakeSwarm([['http://t/announce']], { left: 1 }).swarm, () => {});
    await network.clock.run(network.delay);
    assert.equal(network.seen.filter(({ request }) => request.left === 1).length, 1);
  });

  it('that stop before their turn contact nobody', async () => {
    const network = new FakeNetwork('t');
    const sessions = startSeeds(trackerClient({}, network.deps));
    await network.clock.finish(Promise.all(sessions.map((session) => session.stop())));
    await network.clock.run(minutes(1));
    assert.ok(network.seen.length <= 20, `${network.seen.length} announces`);
  });
});

describe('the name of a tracker', () => {
  it('that is unknown fails, and is looked up again later', async () => {
    const network = new FakeNetwork();
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.match(session.status()[0]?.message ?? '', /host t was not found/);
    network.hosts.set('t', ['198.51.100.1']);
    await network.clock.run(minutes(1));
    assert.equal(session.status()[0]?.state, 'ok');
  });

  it('is not looked up when it is an address', async () => {
    const network = new FakeNetwork();
    startOn(network, fakeSwarm([['http://198.51.100.7:80/announce', 'http://[2001:db8::1]:6969/announce']]));
    network.onAnnounce = () => unreachable();
    await network.clock.run(1000);
    assert.deepEqual(network.lookups, []);
    assert.deepEqual(network.seen.map(({ address }) => address).toSorted(), ['198.51.100.7', '2001:db8::1']);
  });
});

describe('local addresses', () => {
  /** The message of the tracker's status after a try. */
  async function messageFor(url: string, addresses: readonly string[] = []): Promise<string | null> {
    const network = new FakeNetwork();
    network.hosts.set('t', addresses);
    const { session } = startOn(network, fakeSwarm([[url]]));
    await network.clock.run(1000);
    return session.status()[0]?.message ?? null;
  }

  it('are contacted when the path names a tracker', async () => {
    for (const url of [
      'http://127.0.0.1/announce',
      'http://127.0.0.1:6969/announce.php?x=1',
      'http://[::1]/announce',
      'http://192.168.1.2/x/announce',
    ]) {
      assert.equal(await messageFor(url), null, url);
    }
  });

  it('are refused otherwise, in whatever notation and behind whatever name', async () => {
    for (const url of [
      'http://127.0.0.1/admin?do=announce',
      'http://2130706433/reboot',
      'http://0x7f.1/',
      'http://[::ffff:10.0.0.1]/x',
    ]) {
      assert.match((await messageFor(url)) ?? '', /is local and the path does not name a tracker/, url);
    }
    assert.match((await messageFor('http://t/admin', ['192.168.1.1'])) ?? '', /is local/);
  });

  it('that no tracker can have are always refused', async () => {
    for (const address of ['169.254.169.254', '0.0.0.0', '224.0.0.1', '::', 'fe80::1', 'ff02::1']) {
      assert.match((await messageFor('http://t/announce', [address])) ?? '', /is (link-local|unusable)/, address);
      assert.match((await messageFor('udp://t:1/announce', [address])) ?? '', /is (link-local|unusable)/, address);
    }
  });
});

describe('redirects', () => {
  const to = (location: string) => ({ status: 302, location, body: new Uint8Array(0) });
  const body = new TextEncoder().encode('d8:intervali1800e5:peers0:e');

  it('are followed, with the query that they carry, to an address of the same family', async () => {
    const network = new FakeNetwork('t');
    network.hosts.set('u', ['2001:db8::2', '198.51.100.2']);
    network.onFetch = ({ url }) =>
      url.startsWith('http://t/')
        ? to(url.replace('http://t/', 'https://u:8443/moved/'))
        : { status: 200, location: null, body };
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.equal(session.status()[0]?.state, 'ok');
    assert.match(network.fetched[1]?.url ?? '', /^https:\/\/u:8443\/moved\/announce\?info_hash=%FF/);
    assert.equal(network.fetched[1]?.address, '198.51.100.2');
  });

  it('end after five', async () => {
    const network = new FakeNetwork('t');
    network.onFetch = ({ url }) => to(url);
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(10_000);
    assert.equal(network.fetched.length, 6);
    assert.equal(session.status()[0]?.message, 'more than 5 redirects');
  });

  it('lead only to http and https', async () => {
    for (const location of ['file:///etc/passwd', 'gopher://t/', 'udp://t:1/', 'http://', 'http://:0/']) {
      const network = new FakeNetwork('t');
      network.onFetch = () => to(location);
      const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
      await network.clock.run(1000);
      assert.equal(network.fetched.length, 1, location);
      assert.equal(session.status()[0]?.state, 'failed');
    }
  });

  it('do not lead from a public tracker into a private network', async () => {
    const network = new FakeNetwork('t');
    network.hosts.set('inside', ['192.168.1.1']);
    network.onFetch = () => to('http://inside/announce');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    assert.equal(network.fetched.length, 1);
    assert.match(session.status()[0]?.message ?? '', /a public tracker redirects to it/);
  });
});

describe('HTTP replies', () => {
  const answer = async (status: number, body: string): Promise<string | null> => {
    const network = new FakeNetwork('t');
    network.onFetch = () => ({ status, location: null, body: new TextEncoder().encode(body) });
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    return session.status()[0]?.message ?? null;
  };

  it("that are no tracker's are told apart", async () => {
    assert.equal(await answer(404, '<html>'), 'HTTP status 404');
    assert.equal(await answer(200, '<html>'), 'the reply is not bencoded');
    assert.equal(await answer(503, 'd8:intervali1ee'), 'HTTP status 503');
    assert.equal(await answer(304, ''), 'HTTP status 304');
  });

  it('with an error status may still say why', async () => {
    assert.equal(await answer(400, 'd14:failure reason7:no suchee'), 'HTTP status 400');
    assert.equal(await answer(400, 'd14:failure reason7:no suche'), 'no such');
  });
});
