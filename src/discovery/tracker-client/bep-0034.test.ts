import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeUdpTrackerRequest, encodeUdpTrackerReply } from '../../codec/announce/udp.ts';
import type { DiscoverySession } from '../discovery.ts';
import { preferredUrls } from './dns-preferences.ts';
import { FakeNetwork, fakeSwarm, startOn, success, udpAnswer, unreachable } from './fakes.test.ts';
import { scrape } from './scrape.ts';
import { trackerClient } from './tracker-client.ts';
import { parseTrackerUrl } from './tracker-url.ts';

const seconds = (count: number): number => count * 1000;
const minutes = (count: number): number => count * 60_000;
const host = 't.example';

/** A network with one host, its TXT records, and trackers on all of its ports. */
function networkWith(...records: string[]): FakeNetwork {
  const network = new FakeNetwork(host);
  network.txt.set(host, records);
  network.onDatagram = (datagram) => datagram.reply(udpAnswer(datagram.bytes, datagram.family));
  return network;
}
const start = (network: FakeNetwork, ...urls: string[]): DiscoverySession =>
  startOn(network, fakeSwarm(urls.map((url) => [url])), { useDnsPreferences: true }).session;

/** Whom it contacted, in order: URLs without their query, and UDP ports with the URL data of announces. */
function contacted(network: FakeNetwork): string[] {
  const over = network.datagrams.flatMap(({ to, bytes }) => {
    const request = decodeUdpTrackerRequest(bytes);
    return request?.action === 'announce' ? [`udp ${to.port} ${request.urlData}`] : [];
  });
  return [...over, ...network.fetched.map(({ url }) => url.split(/[?&]info_hash=/, 1)[0] as string)];
}

/** Whom an announce to this URL contacts under these records, and what came of it. */
async function announced(url: string, ...records: string[]): Promise<string[]> {
  const network = networkWith(...records);
  const session = start(network, url);
  await network.clock.run(seconds(1));
  return [...contacted(network), session.status()[0]?.state ?? ''];
}

describe('a tracker whose host has DNS preferences (BEP 34)', () => {
  it('is asked at the port and over the protocol that come first', async () => {
    const record = 'BITTORRENT UDP:1337 TCP:80';
    assert.deepEqual(await announced(`http://${host}/announce`, record), ['udp 1337 /announce', 'ok']);
    assert.deepEqual(await announced(`udp://${host}:9/announce`, record), ['udp 1337 /announce', 'ok']);
    assert.deepEqual(await announced(`http://${host}/announce`, 'BITTORRENT TCP:8080 UDP:1'), [
      `http://${host}:8080/announce`,
      'ok',
    ]);
  });

  it('is not asked at all when there is none', async () => {
    for (const record of ['BITTORRENT', 'BITTORRENT DENY ALL']) {
      assert.deepEqual(await announced(`http://${host}/announce`, record), ['failed']);
      assert.deepEqual(await announced(`udp://${host}:1/announce`, record), ['failed']);
      assert.deepEqual(await announced(`https://${host}/announce`, record), ['failed']);
    }
    const network = networkWith('BITTORRENT');
    const session = start(network, `http://${host}/announce`, 'http://198.51.100.9/announce');
    await network.clock.run(seconds(1));
    assert.match(session.status()[0]?.message ?? '', /t\.example says in DNS that it runs no tracker/);
    assert.equal(session.status()[1]?.state, 'ok', 'the next tracker takes its place');
  });

  it('is asked as its URL says when no record is about trackers', async () => {
    assert.deepEqual(await announced(`http://${host}/announce`), [`http://${host}/announce`, 'ok']);
    assert.deepEqual(await announced(`udp://${host}:5`, 'v=spf1 -all'), ['udp 5 null', 'ok']);
  });

  it('keeps path and query, over UDP as URL data (BEP 41), so that a passkey comes along', async () => {
    const record = 'BITTORRENT UDP:1';
    assert.deepEqual(await announced(`http://${host}/pass/announce?key=1`, record), [
      'udp 1 /pass/announce?key=1',
      'ok',
    ]);
    assert.deepEqual(await announced(`udp://${host}:1/pass/announce?key=1`, 'BITTORRENT TCP:81'), [
      `http://${host}:81/pass/announce?key=1`,
      'ok',
    ]);
  });

  it('keeps the user name of its URL', () => {
    const [url] = preferredUrls(parseTrackerUrl(`http://me:secret@${host}/announce#x`), [
      { protocol: 'tcp', port: 81 },
    ]);
    assert.equal(url?.href, `http://me:secret@${host}:81/announce`);
  });

  it('is asked at the path that HTTP trackers have when its UDP URL has none', async () => {
    assert.deepEqual(await announced(`udp://${host}:1`, 'BITTORRENT TCP:81'), [`http://${host}:81/announce`, 'ok']);
    assert.deepEqual(await announced(`udp://${host}:1/`, 'BITTORRENT TCP:81'), [`http://${host}:81/announce`, 'ok']);
  });

  it('is asked over TLS at port 443', async () => {
    assert.deepEqual(await announced(`http://${host}/announce`, 'BITTORRENT TCP:443'), [
      `https://${host}/announce`,
      'ok',
    ]);
  });
});

describe('a tracker with an https URL (BEP 34)', () => {
  const url = `https://${host}/announce`;

  it('is asked over https, at the TCP ports alone', async () => {
    assert.deepEqual(await announced(url, 'BITTORRENT UDP:1337 TCP:8443'), [`https://${host}:8443/announce`, 'ok']);
  });

  it('is asked at its own port first, if that is one of them', async () => {
    assert.deepEqual(await announced(url, 'BITTORRENT TCP:80 TCP:443'), [`https://${host}/announce`, 'ok']);
  });

  it('is not asked when its host has but UDP', async () => {
    assert.deepEqual(await announced(url, 'BITTORRENT UDP:1337'), ['failed']);
    const network = networkWith('BITTORRENT UDP:1337');
    const session = start(network, url);
    await network.clock.run(seconds(1));
    assert.match(session.status()[0]?.message ?? '', /names no tracker in DNS that can be asked for https/);
  });

  it('never becomes anything else, whatever the record', () => {
    const port = fc.record({
      protocol: fc.constantFrom('udp' as const, 'tcp' as const),
      port: fc.integer({ min: 1, max: 65535 }),
    });
    fc.assert(
      fc.property(fc.array(port), (ports) => {
        const urls = preferredUrls(parseTrackerUrl(url), ports);
        assert.ok(urls.every((other) => other.scheme === 'https' && other.host === host && other.path === '/announce'));
      }),
    );
  });
});

describe('the ports of a tracker (BEP 34)', () => {
  it('are tried one after the other, each for 15 seconds while there are more', async () => {
    const network = networkWith('BITTORRENT UDP:1 TCP:81 TCP:82');
    network.onDatagram = () => {};
    network.onAnnounce = ({ host: at }) => (at === `${host}:81` ? unreachable() : success());
    const session = start(network, `http://${host}/announce`);
    await network.clock.run(seconds(20));
    assert.deepEqual(
      network.seen.map((seen) => [seen.at, seen.host]),
      [
        [15, `${host}:81`],
        [15, `${host}:82`],
      ],
    );
    assert.equal(session.status()[0]?.state, 'ok');
  });

  it('are four at most in one announce', async () => {
    const network = networkWith(`BITTORRENT ${Array.from({ length: 20 }, (_, i) => `TCP:${i + 1}`).join(' ')}`);
    network.onAnnounce = () => unreachable();
    const session = start(network, `http://${host}/announce`);
    await network.clock.run(seconds(5));
    assert.deepEqual(
      network.seen.map((seen) => seen.host),
      [1, 2, 3, 4].map((port) => `${host}:${port}`),
    );
    assert.equal(session.status()[0]?.state, 'failed');
  });

  it('are asked again where one answered, for a day, and told there that we stop', async () => {
    const network = networkWith('BITTORRENT UDP:1 TCP:81');
    network.onDatagram = () => {};
    const session = start(network, `http://${host}/announce`);
    await network.clock.run(minutes(23 * 60));
    const tries = network.datagrams.length;
    assert.ok(network.seen.length > 40 && tries <= 2, `${network.seen.length} announces, ${tries} datagrams`);
    await network.clock.run(minutes(90));
    assert.ok(network.datagrams.length > tries, 'the preferred one has its chance again');
    await network.clock.finish(session.stop());
    assert.equal(network.seen.at(-1)?.request.event, 'stopped');
  });

  it('are no way around a refusal', async () => {
    const network = networkWith('BITTORRENT TCP:81 TCP:82');
    network.onAnnounce = () => ({ kind: 'failure', reason: 'unknown torrent', retryIn: null });
    const session = start(network, `http://${host}/announce`);
    await network.clock.run(seconds(1));
    assert.deepEqual(contacted(network), [`http://${host}:81/announce`]);
    assert.equal(session.status()[0]?.message, 'unknown torrent');
  });

  it('are tried on when a UDP tracker refuses that may not have read the passkey', async () => {
    const httpAfterRefusal = async (url: string): Promise<string[]> => {
      const network = networkWith('BITTORRENT UDP:1 TCP:81');
      network.onDatagram = (datagram) => {
        const transactionId = decodeUdpTrackerRequest(datagram.bytes)?.transactionId ?? 0;
        const refusal = { action: 'error', transactionId, message: 'who are you?' } as const;
        datagram.reply(encodeUdpTrackerReply(refusal, datagram.family));
      };
      start(network, url);
      await network.clock.run(seconds(1));
      return contacted(network);
    };
    assert.deepEqual(await httpAfterRefusal(`http://${host}/passkey/announce`), [`http://${host}:81/passkey/announce`]);
    assert.deepEqual(await httpAfterRefusal(`http://${host}/announce`), []);
  });

  it('are held against the rules for local addresses', async () => {
    const network = networkWith('BITTORRENT TCP:81');
    network.hosts.set(host, ['127.0.0.1']);
    const session = start(network, `udp://${host}:1/admin`);
    await network.clock.run(seconds(1));
    assert.deepEqual(contacted(network), []);
    assert.match(session.status()[0]?.message ?? '', /is local and the path does not name a tracker/);
  });

  it('serve a scrape as well, in batches that all of them take', async () => {
    const network = networkWith('BITTORRENT UDP:1 TCP:81');
    const hashes = Array.from({ length: 60 }, (_, i) => new Uint8Array(20).fill(i));
    const entries = await network.clock.finish(
      scrape(`http://${host}/announce`, hashes, network.deps, { useDnsPreferences: true }),
    );
    assert.equal(entries.length, 60);
    const asked = network.datagrams.map(({ bytes }) => decodeUdpTrackerRequest(bytes));
    assert.deepEqual(
      asked.flatMap((request) => (request?.action === 'scrape' ? [request.infoHashes.length] : [])),
      [50, 10],
    );
  });
});

describe('the TXT look-up', () => {
  it('is made once for all torrents, and again after an hour', async () => {
    const network = networkWith('BITTORRENT TCP:81');
    const client = trackerClient({ useDnsPreferences: true }, network.deps);
    for (let i = 0; i < 100; i++) client.start(fakeSwarm([[`http://${host}/announce`]]).swarm, () => {});
    await network.clock.run(minutes(50));
    assert.deepEqual(network.txtLookups, [host]);
    network.txt.set(host, ['BITTORRENT TCP:82']);
    await network.clock.run(minutes(50));
    assert.deepEqual(network.txtLookups, [host, host]);
    assert.equal(network.seen.at(-1)?.host, `${host}:82`);
  });

  it('is not made unless asked for', async () => {
    const network = networkWith('BITTORRENT');
    const { session } = startOn(network, fakeSwarm([[`http://${host}/announce`]]));
    await network.clock.run(seconds(1));
    assert.equal(session.status()[0]?.state, 'ok');
    assert.deepEqual(network.txtLookups, []);
  });

  it('is never made for an address, a name of one label, or what is no name in DNS', async () => {
    const names = [
      ...['198.51.100.7', '[2001:db8::1]', 'localhost', 'localhost.', 'a.localhost', 'tracker', 'nas.local', 'x.onion'],
      ...[
        '0x7f.1',
        '1.2.3.4.5',
        'a..example',
        `${'a'.repeat(64)}.example`,
        `${'a.'.repeat(127)}example`,
        'a%20b.example',
      ],
    ];
    for (const name of names) {
      const network = networkWith();
      start(network, `udp://${name}:1/announce`);
      await network.clock.run(seconds(1));
      assert.deepEqual(network.txtLookups, [], name);
    }
  });

  it('is made for the name alone, whatever its case, with or without the last dot', async () => {
    for (const url of ['udp://T.Example:1/announce', 'http://t.example./announce?x', `https://${host}/`]) {
      const network = networkWith();
      start(network, url);
      await network.clock.run(seconds(1));
      assert.deepEqual(network.txtLookups, [host], url);
    }
  });

  it('that fails is as good as no record, and is tried again after five minutes', async () => {
    const network = networkWith();
    network.txt.set(host, new Error('SERVFAIL'));
    network.onAnnounce = () => success({ interval: 120 });
    start(network, `http://${host}/announce`);
    await network.clock.run(minutes(3));
    assert.deepEqual(contacted(network), Array(2).fill(`http://${host}/announce`));
    assert.equal(network.txtLookups.length, 1);
    network.txt.set(host, ['BITTORRENT TCP:81']);
    await network.clock.run(minutes(4));
    assert.equal(network.seen.at(-1)?.host, `${host}:81`);
  });

  it('holds up an announce by three seconds at most', async () => {
    const network = networkWith();
    network.txt.set(host, null);
    start(network, `http://${host}/announce`);
    await network.clock.run(seconds(10));
    assert.deepEqual(
      network.seen.map(({ at }) => at),
      [3],
    );
  });

  it('ends with the torrent, and leaves nothing behind', async () => {
    const network = networkWith();
    network.txt.set(host, null);
    const session = start(network, `http://${host}/announce`);
    await network.clock.run(100);
    await network.clock.finish(session.stop());
    assert.ok(network.clock.now() < 200);
    await network.clock.run(minutes(1));
    assert.deepEqual(contacted(network), []);
  });
});
