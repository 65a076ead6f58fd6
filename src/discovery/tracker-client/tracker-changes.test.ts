/** What the user does to the trackers of a torrent that runs: other ones, and asking them now. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeAnnounceReply } from '../../codec/announce/http-announce.ts';
import { encodeScrapeReply } from '../../codec/announce/http-scrape.ts';
import { FakeNetwork, fakeSwarm, startOn, success, unreachable, type Seen } from './fakes.test.ts';

/** The announces; a scrape is none. */
const told = (seen: readonly Seen[]): string[] =>
  seen.filter(({ request }) => 'event' in request).map(({ at, host, request }) => `${at} ${host} ${request.event}`);
const minutes = (count: number): number => count * 60_000;
const tracker = (host: string): string => `http://${host}/announce`;

describe('other trackers', () => {
  it('take the place of the old ones: these are told stopped, then the new ones started', async () => {
    const network = new FakeNetwork('old', 'new');
    const { session } = startOn(network, fakeSwarm([[tracker('old')]]));
    await network.clock.run(10_000);
    session.setTrackers([[tracker('new')]]);
    await network.clock.run(minutes(31));
    assert.deepEqual(told(network.seen), ['0 old started', '10 old stopped', '10 new started', '1810 new none']);
    await network.clock.finish(session.stop());
    assert.deepEqual(told(network.seen.slice(4)), ['1870 new stopped']);
  });

  it('leave those alone that stay', async () => {
    const network = new FakeNetwork('t', 'u');
    const { session } = startOn(network, fakeSwarm([[tracker('t')]]));
    await network.clock.run(10_000);
    session.setTrackers([[tracker('u'), tracker('t')]]);
    await network.clock.run(minutes(31));
    assert.deepEqual(told(network.seen), ['0 t started', '1800 t none']);
    assert.deepEqual(
      session.status().map(({ name, state }) => [name, state]),
      [
        [tracker('t'), 'ok'],
        [tracker('u'), 'idle'],
      ],
    );
  });

  it('do not wait for one that is silent, and it is not told what it never heard', async () => {
    const network = new FakeNetwork('new');
    const { session } = startOn(network, fakeSwarm([[tracker('nowhere')]]));
    await network.clock.run(10_000);
    session.setTrackers([[tracker('new')]]);
    await network.clock.run(1000);
    assert.deepEqual(told(network.seen), ['10 new started']);
  });

  it('wait no longer than a goodbye may take for one that has become silent', async () => {
    const network = new FakeNetwork('old', 'new');
    network.onAnnounce = ({ host, at }) => (host === 'old' && at > 0 ? null : success());
    const { session } = startOn(network, fakeSwarm([[tracker('old')]]));
    await network.clock.run(10_000);
    session.setTrackers([[tracker('new')]]);
    await network.clock.run(10_000);
    assert.deepEqual(told(network.seen), ['0 old started', '10 old stopped', '15 new started']);
  });

  it('break off an announce to one that has been taken out, and tell it stopped', async () => {
    const network = new FakeNetwork('old', 'new');
    network.onAnnounce = ({ host, request }) => (host === 'old' && request.event === 'started' ? null : success());
    const { session } = startOn(network, fakeSwarm([[tracker('old')]]));
    await network.clock.run(5000);
    session.setTrackers([[tracker('new')]]);
    await network.clock.run(5000);
    assert.deepEqual(told(network.seen), ['0 old started', '5 old stopped', '5 new started']);
    assert.equal(network.underWay, 0);
  });

  it('learn of a finished download in place of those that go, which learn of it first', async () => {
    const network = new FakeNetwork('old', 'new');
    network.delayOf = ({ url }) => (url.includes('event=completed') ? 3000 : 50);
    const { session } = startOn(network, fakeSwarm([[tracker('old')]]));
    await network.clock.run(10_000);
    session.announce('completed');
    await network.clock.run(1000);
    session.setTrackers([[tracker('new')]]);
    await network.clock.run(minutes(1));
    assert.deepEqual(told(network.seen), [
      '0 old started',
      '13 old completed',
      '13 old stopped',
      '13 new started',
      '16 new completed',
    ]);
  });

  it('are told nothing when the torrent stops at once, and the old ones still are', async () => {
    const network = new FakeNetwork('old', 'new');
    const { session } = startOn(network, fakeSwarm([[tracker('old')]]));
    await network.clock.run(10_000);
    session.setTrackers([[tracker('new')]]);
    await network.clock.finish(session.stop());
    await network.clock.run(minutes(31));
    assert.deepEqual(told(network.seen), ['0 old started', '10 old stopped']);
  });

  it('may be none, and some again', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([[tracker('t')]]));
    await network.clock.run(10_000);
    session.setTrackers([]);
    await network.clock.run(minutes(31));
    session.setTrackers([[tracker('t')]]);
    await network.clock.run(1000);
    assert.deepEqual(told(network.seen), ['0 t started', '10 t stopped', '1870 t started']);
  });
});

describe('asking trackers now', () => {
  it('asks one that has failed, however long it would have been left alone', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = ({ at }) =>
      at === 0 ? { kind: 'failure', reason: 'not registered', retryIn: 'never' } : unreachable();
    const { session } = startOn(network, fakeSwarm([[tracker('t')]]));
    await network.clock.run(minutes(60));
    session.reannounce();
    await network.clock.run(1000);
    assert.deepEqual(told(network.seen), ['0 t started', '3600 t started']);
  });

  it('respects how often a tracker that answers may be asked', async () => {
    const network = new FakeNetwork('t');
    network.onAnnounce = () => success({ minInterval: 600 });
    const { session } = startOn(network, fakeSwarm([[tracker('t')]]));
    await network.clock.run(minutes(5));
    session.reannounce();
    await network.clock.run(minutes(10));
    assert.deepEqual(told(network.seen), ['0 t started', '600 t none']);
  });

  it('brings the numbers of the swarm from all of them, also those that no announce has reached', async () => {
    const network = new FakeNetwork('t', 'u');
    network.onFetch = ({ url }) => {
      const entry = { infoHash: new Uint8Array(20).fill(0xff), complete: 4, incomplete: 5, downloaded: 6 };
      const scraped = encodeScrapeReply({ kind: 'success', entries: [{ ...entry, downloaders: null }] });
      const body = url.includes('/scrape') ? scraped : encodeAnnounceReply(success(), true);
      return { status: 200, location: null, body };
    };
    const { session } = startOn(network, fakeSwarm([[tracker('t')], [tracker('u')]]));
    await network.clock.run(1000);
    session.reannounce();
    await network.clock.run(1000);
    assert.deepEqual(
      session.status().map(({ state, seeders, leechers, downloads }) => [state, seeders, leechers, downloads]),
      [
        ['ok', 4, 5, 6],
        ['idle', 4, 5, 6],
      ],
    );
    session.reannounce();
    await network.clock.finish(session.stop());
    assert.equal(network.underWay, 0);
  });
});

describe('addresses that the user does not let trackers lead to', () => {
  const refused = '198.51.100.1';
  const options = { mayContact: (address: string): boolean => address !== refused };

  it('are not contacted', async () => {
    const network = new FakeNetwork('t');
    const { session } = startOn(network, fakeSwarm([[tracker('t')]]), options);
    await network.clock.run(1000);
    assert.equal(network.fetched.length, 0);
    assert.match(session.status()[0]?.message ?? '', /198\.51\.100\.1 is one that the client may not contact/);
  });

  it('are not contacted by a redirect either', async () => {
    const network = new FakeNetwork('t', 'u');
    network.onFetch = () => ({ status: 302, location: tracker('t'), body: new Uint8Array(0) });
    startOn(network, fakeSwarm([[tracker('u')]]), options);
    await network.clock.run(1000);
    assert.deepEqual(
      network.fetched.map(({ address }) => address),
      ['198.51.100.2'],
    );
  });
});
