/** What becomes of announces when this machine cannot send for a while, or is found at another address. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import { decodeUdpTrackerRequest } from '../../codec/announce/udp.ts';
import { interfaceEgress } from '../../net/egress/index.ts';
import { FakeSystem } from '../../net/egress/fakes.test.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { Announcer, defaultAnnouncerOptions } from './announcer.ts';
import { FakeNetwork, fakeSwarm, type Seen, startOn, success, udpAnswer, unreachable } from './fakes.test.ts';
import { nodeTrackerNetwork } from './node-network.ts';

const told = (seen: readonly Seen[]): string[] => seen.map(({ at, host, request }) => `${at} ${host} ${request.event}`);
const minutes = (count: number): number => count * 60_000;

describe('when this machine can send again, or is found elsewhere', () => {
  it('a tracker that failed is asked at once, and as if it had never failed', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = unreachable;
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(minutes(120));
    const before = network.seen.length;
    assert.ok(before > 3);
    network.renew();
    await network.clock.run(1000);
    assert.deepEqual(told(network.seen.slice(before)), ['7200 t started']);
    await network.clock.run(minutes(1));
    assert.ok(network.seen.length > before + 1, 'the back-off begins anew, with half a minute');
    await network.clock.finish(session.stop());
  });

  it('a tracker that answered is told where we are, though its interval is not over', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(10_000);
    network.renew();
    await network.clock.run(minutes(1));
    await network.clock.finish(session.stop());
    assert.deepEqual(told(network.seen), ['0 t started', '10 t none', '70 t stopped']);
  });

  it('a torrent that has stopped says nothing', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    await network.clock.finish(session.stop());
    const { length } = network.seen;
    network.renew();
    await network.clock.run(minutes(60));
    assert.equal(network.seen.length, length);
  });

  it('a URL that cannot be asked stays unasked', async () => {
    const network = new FakeNetwork();
    const { session } = startOn(network, fakeSwarm([['wss://t/announce']]));
    await network.clock.run(1000);
    const before = session.status()[0]?.message;
    network.renew();
    await network.clock.run(minutes(60));
    assert.deepEqual([session.status()[0]?.message, network.lookups], [before, []]);
    await network.clock.finish(session.stop());
  });

  it('a server that was found dead a moment ago is tried, for all torrents', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = unreachable;
    startOn(network, fakeSwarm([['http://t/announce']]));
    await network.clock.run(1000);
    network.onAnnounce = () => success();
    network.renew();
    await network.clock.run(1000);
    assert.deepEqual(told(network.seen), ['0 t started', '1 t started']);
  });
});

it('a UDP tracker is connected to anew when its socket broke: a connection id is for one address (BEP 15)', async () => {
  const network = new FakeNetwork('t');
  const actions: (string | undefined)[] = [];
  network.onDatagram = ({ bytes, reply }) => {
    actions.push(decodeUdpTrackerRequest(bytes)?.action);
    reply(udpAnswer(bytes, 4));
  };
  startOn(network, fakeSwarm([['udp://t:80']]));
  await network.clock.run(1000);
  for (const { error } of network.udpHandlers) error(new Error('wg0 is not there'));
  network.renew();
  await network.clock.run(1000);
  assert.deepEqual(actions, ['connect', 'announce', 'connect', 'announce']);
  assert.equal(network.openSockets, 1);
});

describe('trackers by an interface that is away', () => {
  it('fail as unreachable with words that say so, over HTTP and UDP, by name and by address', async () => {
    const system = new FakeSystem();
    system.state = null;
    const clock = new SimClock();
    const random = seededRandom(1);
    const egress = interfaceEgress({ name: 'wg0' }, { clock, random, logger: silentLogger, system });
    const network = nodeTrackerNetwork(egress);
    const announcer = new Announcer(defaultAnnouncerOptions, { clock, random, network });
    const urls = ['http://t.example/announce', 'udp://192.0.2.1:80', 'http://192.0.2.2/announce', 'udp://u.example:80'];
    const { swarm } = fakeSwarm([]);
    for (const url of urls) {
      const scraped = announcer.scrape(url, [swarm.infoHash], new AbortController().signal);
      const failed = { code: 'TRACKER_UNREACHABLE', message: /wg0 is not there/ };
      await assert.rejects(clock.finish(scraped), failed, url);
    }
    assert.equal(system.opened, 0);
  });

  it('are told when it can be used, and not when it cannot', async () => {
    const system = new FakeSystem();
    const clock = new SimClock();
    const egress = interfaceEgress({ name: 'wg0' }, { clock, random: seededRandom(1), logger: silentLogger, system });
    let renewals = 0;
    nodeTrackerNetwork(egress).onRenewal?.(() => renewals++);
    const { state } = system;
    system.state = null;
    await clock.run(1000);
    assert.equal(renewals, 0);
    system.state = state;
    await clock.run(1000);
    assert.equal(renewals, 1);
    system.state = { index: 3, addresses: ['10.8.0.77'] };
    await clock.run(1000);
    assert.equal(renewals, 2);
  });
});
