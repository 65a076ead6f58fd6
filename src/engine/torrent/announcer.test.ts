import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Millis } from '../../base/units.ts';
import { FakeNetwork, success } from '../../discovery/tracker-client/fakes.test.ts';
import { trackerClient } from '../../discovery/tracker-client/tracker-client.ts';
import type { Discovery } from '../../discovery/index.ts';
import { Announcer } from './announcer.ts';
import type { TorrentServices } from './torrent-services.ts';

const hybrid = { infoHashes: { v1: new Uint8Array(20).fill(1), v2: new Uint8Array(32).fill(2) }, metainfo: null };

/** Bytes that the torrent lacks. */
let left = 1;

/** Announces a hybrid torrent, as it downloads, at `http://t/announce` and over further sources. */
function hybridOn(network: FakeNetwork, ...sources: Discovery[]): Announcer {
  left = 1;
  const announcer = new Announcer(
    {
      clock: network.clock,
      peerId: new Uint8Array(20),
      discoveries: [...sources, trackerClient({}, network.deps)],
      port: () => 6881,
    } as Partial<TorrentServices> as TorrentServices,
    { trackers: [['http://t/announce']], peers: [] },
    {
      progress: () => ({ uploaded: 0, downloaded: 0, left, isPartialSeed: false, wanted: 0 }),
      found: () => {},
    },
  );
  announcer.start(hybrid);
  return announcer;
}

/** A source whose sessions do this when they are to settle. */
const sourceThat = (settle: () => Promise<void>): Discovery => ({
  name: 'test',
  isAllowedForPrivate: true,
  start: () => ({
    announce: () => {},
    reannounce: () => {},
    setTrackers: () => {},
    status: () => [],
    settle,
    stop: async () => {},
  }),
});

/** `swarm event` of each announce after `started`, in the order in which they reached the tracker. */
const told = (network: FakeNetwork): string[] =>
  network.seen.slice(2).map(({ request }) => `${request.infoHash[0]} ${request.event}`);

/** The completed announce of the second swarm takes so long to arrive. */
const delaySecond = (network: FakeNetwork, delay: Millis): void => {
  network.delayOf = ({ url }) => (/info_hash=%02.*event=completed/.test(url) ? delay : network.delay);
};

describe('the end of a hybrid torrent', () => {
  it('comes after both swarms know that it is complete: the tracker may take them for one', async () => {
    const network = new FakeNetwork('t');
    delaySecond(network, 1000);
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    announcer.announce('completed');
    await network.clock.finish(announcer.stop());
    assert.deepEqual(told(network), ['1 completed', '2 completed', '1 stopped', '2 stopped']);
  });

  it('does the same when completed has not been told yet', async () => {
    const network = new FakeNetwork('t');
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    network.onAnnounce = ({ request }) => (request.event === 'none' ? null : success());
    await network.clock.run(1_800_000);
    delaySecond(network, 1000);
    announcer.announce('completed');
    await network.clock.finish(announcer.stop());
    assert.deepEqual(told(network).slice(2), ['1 completed', '2 completed', '1 stopped', '2 stopped']);
  });

  it('comes within five seconds although the tracker is silent, and both swarms are told', async () => {
    const network = new FakeNetwork('t');
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    network.onAnnounce = ({ request: { event, infoHash } }) =>
      event === 'stopped' || infoHash[0] === 2 ? null : success();
    announcer.announce('completed');
    const before = network.clock.now();
    await network.clock.finish(announcer.stop());
    assert.equal(network.clock.now() - before, 5000);
    assert.deepEqual(told(network), ['1 completed', '2 completed', '1 stopped', '2 stopped']);
  });

  it('is told to trackers although another source fails', async () => {
    const network = new FakeNetwork('t');
    const announcer = hybridOn(
      network,
      sourceThat(() => Promise.reject(new Error('broken'))),
    );
    await network.clock.run(1000);
    await network.clock.finish(announcer.stop());
    assert.deepEqual(told(network), ['1 stopped', '2 stopped']);
  });
});

describe('other trackers of a hybrid torrent', () => {
  it('learn of both swarms, and the old ones that they are left', async () => {
    const network = new FakeNetwork('t', 'u');
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    announcer.setTrackers([['http://u/announce']]);
    await network.clock.run(1000);
    assert.deepEqual(
      network.seen.slice(2).map(({ host, request }) => `${host} ${request.infoHash[0]} ${request.event}`),
      ['t 1 stopped', 't 2 stopped', 'u 1 started', 'u 2 started'],
    );
    assert.deepEqual(
      announcer.trackers.status(announcer.status()).map(({ url, state }) => [url, state]),
      [['http://u/announce', 'ok']],
    );
  });

  it('are those of the next start when the torrent rests', async () => {
    const network = new FakeNetwork('t', 'u');
    const announcer = hybridOn(network);
    await network.clock.finish(announcer.stop());
    announcer.setTrackers([['http://u/announce']]);
    assert.deepEqual(
      announcer.trackers.status(announcer.status()).map(({ url, state }) => [url, state]),
      [['http://u/announce', 'idle']],
    );
    network.seen.length = 0;
    announcer.start({ infoHashes: { v1: new Uint8Array(20), v2: null }, metainfo: null });
    await network.clock.run(1000);
    assert.deepEqual(
      network.seen.map(({ host, request }) => `${host} ${request.event}`),
      ['u started'],
    );
  });
});

describe('a torrent that goes on before all goodbyes are said', () => {
  it('joins after them: a tracker would take it for gone', async () => {
    const network = new FakeNetwork('t');
    delaySecond(network, 1000);
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    announcer.announce('completed');
    void announcer.stop();
    announcer.start(hybrid);
    await network.clock.run(5000);
    assert.deepEqual(told(network).slice(2), ['1 stopped', '2 stopped', '1 started', '2 started']);
  });

  it('stays away when it rests again meanwhile', async () => {
    const network = new FakeNetwork('t');
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    void announcer.stop();
    announcer.start(hybrid);
    void announcer.stop();
    await network.clock.run(5000);
    assert.deepEqual(told(network), ['1 stopped', '2 stopped']);
  });

  it('tells that it is complete although it became so in between', async () => {
    const network = new FakeNetwork('t');
    const announcer = hybridOn(network);
    await network.clock.run(1000);
    void announcer.stop();
    announcer.start(hybrid);
    left = 0;
    announcer.announce('completed');
    await network.clock.run(5000);
    const events = ['1 started', '2 started', '1 completed', '2 completed'];
    assert.deepEqual(told(network).slice(2), events);
  });
});
