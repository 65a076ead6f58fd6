/** Peers on WebSockets find each other: offers out, answers back, over one thread and over several. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressKey } from '../../base/address.ts';
import { toText } from '../../base/bytes.ts';
import { announceTo, countsOf, escapeAll, FakeHttp, hashOf } from '../fakes.test.ts';
import { SwarmRegistry } from '../table/swarm-registry.ts';
import { type FakeBrowser, FakeTracker, type Message, offerOf, webHash, webId } from './fakes.test.ts';
import { MOST_FAULTS, MOST_IDS, MOST_SWARMS } from './web-front.ts';

const offersOf = (count: number): Message[] => Array.from({ length: count }, (_, i) => offerOf(`${i}`));

describe('an announce over a WebSocket', () => {
  it('is answered with the counts of the swarm and a short interval', () => {
    const browser = new FakeTracker().browser(1);
    browser.announce({ event: 'started', left: 0 });
    const answer = { action: 'announce', info_hash: webHash(0), complete: 1, incomplete: 0, interval: 120 };
    assert.deepEqual(browser.take(), [answer]);
  });

  it('names the interval of the tracker when that is shorter', () => {
    const browser = new FakeTracker(1, { interval: 60 }).browser(1);
    browser.announce();
    assert.equal(browser.take()[0]?.['interval'], 60);
  });

  it('shares its counts with HTTP and UDP, and the other way round', () => {
    const tracker = new FakeTracker();
    announceTo(tracker.table, { role: 'seeding', host: '192.0.2.9' });
    const browser = tracker.browser(1);
    browser.announce({ left: 0 });
    assert.equal(browser.take()[0]?.['complete'], 2);
    const http = new FakeHttp(tracker.table);
    const query = `info_hash=${escapeAll(hashOf(0))}&peer_id=${'p'.repeat(20)}&port=6881&left=9`;
    assert.match(toText(http.ask('announce', query).body), /^d8:completei2e.*10:incompletei1e/s);
    assert.deepEqual(countsOf(tracker.table), { complete: 2, incomplete: 1, downloaders: 1, completed: 0 });
    browser.announce({ left: 0 });
    assert.equal(browser.take()[0]?.['incomplete'], 1);
  });

  it('hands no peer on a WebSocket to others, and no others to it', () => {
    const tracker = new FakeTracker();
    announceTo(tracker.table, { host: '192.0.2.9' });
    const browser = tracker.browser(1);
    browser.announce({ offers: offersOf(3) });
    assert.equal(browser.take().length, 1);
    const call = announceTo(tracker.table, { host: '192.0.2.10', want: 50 });
    assert.equal(call.peers4.at, 6, addressKey({ host: '192.0.2.9', port: 6881 }));
  });

  it('counts a magnet link without length as a downloader', () => {
    const browser = new FakeTracker().browser(1);
    browser.announce({ left: null });
    assert.equal(browser.take()[0]?.['incomplete'], 1);
  });

  it('counts a finished download once', () => {
    const tracker = new FakeTracker();
    const browser = tracker.browser(1);
    browser.announce({ event: 'started' });
    browser.announce({ event: 'completed', left: 0 });
    browser.announce({ event: 'completed', left: 0 });
    const registry = new SwarmRegistry(tracker.memory);
    registry.settle(registry.takeFinished(), tracker.tick);
    assert.deepEqual(countsOf(tracker.table), { complete: 1, incomplete: 0, downloaders: 0, completed: 1 });
  });

  it('tells why a torrent is not served', () => {
    const browser = new FakeTracker(1, {}, { requiresRegistration: true }).browser(1);
    browser.announce();
    assert.deepEqual(browser.take(), [
      {
        action: 'announce',
        'failure reason': 'this torrent is not registered with this tracker',
        info_hash: webHash(0),
      },
    ]);
  });

  it('leaves the swarm when it has stopped', () => {
    const tracker = new FakeTracker();
    const [one, two] = [tracker.browser(1), tracker.browser(2)];
    one.announce();
    two.announce({ event: 'stopped', offers: offersOf(3) });
    assert.equal(two.take()[0]?.['incomplete'], 1);
    one.announce({ event: 'stopped' });
    assert.equal(one.take().at(-1)?.['incomplete'], 0);
    assert.equal(tracker.table.use.webPeers, 0);
  });
});

describe('offers', () => {
  it('go to distinct others, one each, and answers to who made them', () => {
    const tracker = new FakeTracker();
    const others = Array.from({ length: 20 }, (_, i) => tracker.browser(i));
    for (const other of others) other.announce();
    const browser = tracker.browser('maker');
    browser.announce({ offers: offersOf(5) });
    const asked = others.filter(({ offers }) => offers.length > 0);
    assert.equal(asked.length, 5);
    assert.deepEqual(new Set(asked.map(({ offers }) => offers[0]?.['offer_id'])).size, 5);
    for (const other of asked) {
      const { offer_id, ...offer } = other.offers[0] as Message;
      const name = String(offer_id).replaceAll('.', '');
      const sent = { action: 'announce', info_hash: webHash(0), peer_id: browser.id, offer: offerOf(name)['offer'] };
      assert.deepEqual(offer, sent);
      other.answer(other.offers[0] as Message);
    }
    assert.equal(browser.offers.length, 0);
    assert.deepEqual(
      browser.answers,
      asked.map((other) => ({
        action: 'announce',
        info_hash: webHash(0),
        peer_id: other.id,
        answer: { type: 'answer', sdp: `answer of ${other.id}` },
        offer_id: other.offers[0]?.['offer_id'],
      })),
    );
  });

  it('of a seeder go to seeders too, as with bittorrent-tracker', () => {
    const tracker = new FakeTracker();
    const [one, two] = [tracker.browser(1), tracker.browser(2)];
    one.announce({ left: 0 });
    two.announce({ left: 0, offers: offersOf(2) });
    assert.equal(one.offers.length, 1);
  });

  it('stay in their swarm', () => {
    const tracker = new FakeTracker();
    const [one, two] = [tracker.browser(1), tracker.browser(2)];
    one.announce({ swarm: 1 });
    two.announce({ swarm: 2, offers: offersOf(2) });
    assert.equal(one.offers.length, 0);
  });

  it('are not sent to an older connection of who makes them', () => {
    const tracker = new FakeTracker();
    const [lost, again] = [tracker.browser(1), tracker.browser(1)];
    lost.announce();
    again.announce({ offers: offersOf(2) });
    assert.equal(lost.offers.length, 0);
  });

  it('are answered once', () => {
    const tracker = new FakeTracker();
    const [one, two] = [tracker.browser(1), tracker.browser(2)];
    one.announce();
    two.announce({ offers: offersOf(1) });
    const [offer] = one.offers as [Message];
    one.answer(offer);
    one.answer(offer);
    assert.equal(two.answers.length, 1);
  });

  it('cannot be answered by who did not get them, nor to somebody else', () => {
    const tracker = new FakeTracker();
    const [one, two, three] = [tracker.browser(1), tracker.browser(2), tracker.browser(3)];
    one.announce();
    two.announce({ offers: offersOf(1) });
    three.announce();
    three.answer(one.offers[0] as Message);
    one.answer(one.offers[0] as Message, { to_peer_id: three.id });
    assert.deepEqual(
      [one, two, three].map(({ answers }) => answers.length),
      [0, 0, 0],
    );
  });

  it('reach peers of other threads, and answers come back', () => {
    const tracker = new FakeTracker(3);
    const browsers = Array.from({ length: 9 }, (_, i) => tracker.browser(i, i % 3));
    for (const browser of browsers) browser.announce();
    browsers[0]?.announce({ offers: offersOf(8) });
    for (const browser of browsers.slice(1)) {
      assert.equal(browser.offers.length, 1);
      browser.answer(browser.offers[0] as Message);
    }
    assert.equal(browsers[0]?.answers.length, 8);
    assert.equal(tracker.relays.length, 12, 'two of eight are on the own thread');
  });

  it('reach nobody when a connection ended meanwhile', () => {
    const tracker = new FakeTracker(2);
    const [one, two] = [tracker.browser(1, 0), tracker.browser(2, 1)];
    one.announce();
    two.announce({ offers: offersOf(1) });
    two.leave();
    one.answer(one.offers[0] as Message);
    assert.equal(tracker.relays.length, 2);
    assert.equal(two.answers.length, 0);
  });

  it('reach no stranger who has the number of a peer of before', () => {
    const tracker = new FakeTracker();
    const stranger = tracker.browser('stranger');
    stranger.announce();
    const [front] = tracker.fronts;
    for (const to of [
      { thread: 0, number: 1, id: webId('another') },
      { thread: 0, number: 2, id: stranger.id },
    ]) {
      front?.receiveRelay({ to, infoHash: webHash(0), message: '{}', offer: null });
    }
    const to = { thread: 0, number: 1, id: stranger.id };
    front?.receiveRelay({ to, infoHash: webHash(9), message: '{}', offer: null });
    assert.equal(stranger.got.length, 1);
    front?.receiveRelay({ to, infoHash: webHash(0), message: '{}', offer: null });
    assert.equal(stranger.got.length, 2);
  });

  it('go to distinct others whatever the swarm is', () => {
    const size = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 4 }), (peers, wanted, threads) => {
        const tracker = new FakeTracker(threads);
        const browsers = Array.from({ length: peers }, (_, i) => tracker.browser(i, i % threads));
        for (const browser of browsers) browser.announce({ left: browsers.indexOf(browser) % 2 });
        const [maker, ...others] = browsers as [FakeBrowser, ...FakeBrowser[]];
        maker.announce({ offers: offersOf(wanted), numwant: wanted });
        assert.equal(maker.offers.length, 0);
        assert.ok(others.every(({ offers }) => offers.length <= 1));
        const count = others.filter(({ offers }) => offers.length === 1).length;
        assert.equal(count, Math.min(wanted, 10, others.length));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a connection', () => {
  it('takes its peers out of their swarms when it ends', () => {
    const tracker = new FakeTracker();
    const browser = tracker.browser(1);
    for (let swarm = 0; swarm < 50; swarm++) browser.announce({ swarm });
    assert.equal(tracker.table.use.webPeers, 50);
    browser.leave();
    browser.leave();
    assert.equal(tracker.table.use.webPeers, 0);
    browser.take();
    browser.announce();
    assert.deepEqual(browser.take(), []);
  });

  it('may serve several clients of one process, which find each other', () => {
    const tracker = new FakeTracker();
    const browser = tracker.browser(1);
    browser.announce();
    browser.announce({ peer_id: webId(2), offers: offersOf(3) });
    assert.equal(browser.offers.length, 1);
    browser.say({ ...answerTo(browser.offers[0] as Message), peer_id: webId(1) });
    assert.equal(browser.answers[0]?.['peer_id'], webId(1));
    assert.equal(tracker.table.use.webPeers, 2);
    browser.leave();
    assert.equal(tracker.table.use.webPeers, 0);
  });

  it('has so many peer ids and torrents, and no more', () => {
    const tracker = new FakeTracker();
    const browser = tracker.browser(0);
    for (let i = 0; i < MOST_IDS + 3; i++) browser.announce({ peer_id: webId(i) });
    assert.equal(tracker.table.use.webPeers, MOST_IDS);
    for (let swarm = 0; swarm < MOST_SWARMS + 5; swarm++) browser.announce({ swarm });
    assert.equal(tracker.table.use.webPeers, MOST_IDS - 1 + MOST_SWARMS);
    assert.match(String(browser.got.at(-1)?.['failure reason']), /^too many torrents/);
    browser.announce({ event: 'stopped' });
    browser.announce({ swarm: MOST_SWARMS + 5 });
    assert.equal(browser.got.at(-1)?.['failure reason'], undefined);
  });

  it('is closed after bad messages in a row, and not for a few between good ones', () => {
    const browser = new FakeTracker().browser(1);
    for (let i = 0; i < 3 * MOST_FAULTS; i++) {
      browser.say('garbage');
      if (i % 3 === 0) browser.announce();
    }
    assert.ok(!browser.isDropped);
    for (let i = 0; i < MOST_FAULTS; i++) browser.say({ action: 'announce', info_hash: 'short' });
    assert.ok(browser.isDropped);
    assert.deepEqual(browser.got.at(-1), {
      action: 'announce',
      'failure reason': 'info_hash is missing or has not 20 bytes',
    });
  });

  it('survives whatever comes', () => {
    const tracker = new FakeTracker(2);
    const browsers = [0, 1, 2, 3].map((i) => tracker.browser(i, i % 2));
    const ids = fc.constantFrom(webId(0), webId(1), webId(2), webId(3));
    const message = fc.record(
      {
        action: fc.constantFrom('announce', 'announce', 'announce', 'scrape', 'x'),
        info_hash: fc.constantFrom(webHash(0), webHash(1), [webHash(0)], 'x'),
        peer_id: ids,
        to_peer_id: ids,
        left: fc.constantFrom(0, 1, null, 'x'),
        event: fc.constantFrom('started', 'stopped', 'completed', 'paused', 'update', 'x'),
        offers: fc.array(fc.constantFrom(offerOf('a'), offerOf('b'), 'x'), { maxLength: 12 }),
        offer_id: fc.constantFrom(offerOf('a')['offer_id'], offerOf('b')['offer_id']),
        answer: fc.constantFrom({ type: 'answer', sdp: '' }, 'x'),
      },
      { requiredKeys: ['action'] },
    );
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.oneof(message, fc.json()), (at, said) => {
        browsers[at]?.say(said);
        const { webPeers } = tracker.table.use;
        const { complete, incomplete } = countsOf(tracker.table, 0);
        const other = countsOf(tracker.table, 1);
        assert.equal(complete + incomplete + other.complete + other.incomplete, webPeers);
      }),
      { numRuns: 2000 },
    );
    for (const browser of browsers) browser.leave();
    assert.equal(tracker.table.use.webPeers, 0);
  });
});

describe('a scrape over a WebSocket', () => {
  it('tells of the swarms of all protocols', () => {
    const tracker = new FakeTracker();
    announceTo(tracker.table, { role: 'seeding' });
    const browser = tracker.browser(1);
    browser.announce();
    browser.take();
    browser.say({ action: 'scrape', info_hash: [webHash(0), webHash(5)] });
    assert.deepEqual(browser.take(), [
      {
        action: 'scrape',
        files: {
          [webHash(0)]: { complete: 1, incomplete: 1, downloaded: 0 },
          [webHash(5)]: { complete: 0, incomplete: 0, downloaded: 0 },
        },
        flags: { min_request_interval: 300 },
      },
    ]);
  });
});

describe('torrents that the operator has refused', () => {
  it('are refused over a WebSocket too', () => {
    const tracker = new FakeTracker();
    const facts = { isRegistered: false, isDenied: true, aliasOf: null };
    assert.ok(new SwarmRegistry(tracker.memory).set(hashOf(0), facts, tracker.tick));
    const browser = tracker.browser(1);
    browser.announce({ offers: offersOf(1) });
    assert.match(String(browser.take()[0]?.['failure reason']), /is not served by this tracker/);
    assert.equal(tracker.table.use.webPeers, 0);
  });
});

/** The answer of whoever got it. */
function answerTo(offer: Message): Message {
  const { info_hash, peer_id, offer_id } = offer;
  const answer = { type: 'answer', sdp: 'v=0' };
  return { action: 'announce', info_hash, to_peer_id: peer_id, offer_id, answer };
}
