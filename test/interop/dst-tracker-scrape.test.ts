/**
 * Scrapes of our tracker: by real clients, in the very bytes of Vuze, and beside opentracker, which is told the same.
 * Answers over HTTP are decoded by libtorrent.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { loadTrackerClient } from './clients/bittorrent-tracker.ts';
import { libtorrentDecodes, libtorrentScrapes } from './clients/libtorrent.ts';
import { Transmission } from './clients/transmission.ts';
import { type Counts, DstTracker } from './dst-tracker.ts';
import { ADDRESSES, enterNamespace, IPV6_ADDRESSES } from './namespace.ts';
import { Opentracker } from './opentracker.ts';
import { Swarm } from './swarm.ts';

const skip = await enterNamespace(
  import.meta.filename,
  ['bittorrent-tracker', 'libtorrent', 'opentracker', 'transmission'],
  [...ADDRESSES, IPV6_ADDRESSES[0] as string],
);
const IP = ADDRESSES[0] as string;
const PORT = 6971;
const OPENTRACKER_PORT = 6970;
const BIND = [IP, IPV6_ADDRESSES[0] as string];
const TIMEOUT_MS = 180_000;

/** Swarms that one UDP scrape may ask for (BEP 15). */
const MOST_IN_DATAGRAM = 74;
/** Most that Vuze asks for at a time, over HTTP and over UDP (BiglyBT's TrackerStatus.java). */
const VUZE_HTTP = 20;
const VUZE_UDP = 70;

/** Bytes that clients escape differently, or that mean something in a URL. */
const AWKWARD = Buffer.from(' +*~%&=?#/.-_\'()!,;"<>|\\^`{}@:$[]\0\n\r\x7f\x80\xff', 'latin1');

/** Info hashes of awkward bytes, each followed by its number. */
const infoHashes = Array.from({ length: MOST_IN_DATAGRAM }, (_, i) => {
  const hash = Buffer.alloc(20);
  for (let j = 0; j < 20; j++) hash[j] = AWKWARD[(7 * i + j) % AWKWARD.length] as number;
  hash[19] = i;
  return hash.toString('hex');
});

/** What the tracker is told of the swarm with this number; of every sixth it is told nothing. */
const countsOf = (i: number): Counts => {
  const complete = i % 3;
  return { complete, incomplete: i % 2, downloaded: Math.min(complete, i % 4) };
};

/** An announce of the peer at a port. */
interface Word {
  readonly port: number;
  readonly left: number;
  readonly event?: 'started' | 'completed' | 'stopped';
}

describe('a scrape of dst tracker', { skip }, () => {
  test('is understood by libtorrent over HTTP and UDP, in IPv4 and IPv6', async () => {
    await using swarm = await Swarm.open();
    await using tracker = await startFilled(swarm);
    const urls = tracker.urls.filter((url) => !url.startsWith('ws:'));
    assert.equal(urls.length, 4);
    for (const url of urls) {
      for (const i of [0, 5]) assert.deepEqual(libtorrentScrapes(url, infoHashes[i] as string), countsOf(i), url);
    }
  });

  for (const protocol of ['http', 'udp'] as const) {
    test(`is understood by Transmission over ${protocol.toUpperCase()}`, async () => {
      await using swarm = await Swarm.open();
      await using tracker = await startFilled(swarm);
      const url = tracker.urls.find((one) => one.startsWith(`${protocol}:`)) as string;
      const client = new Transmission();
      await swarm.start(client);
      for (const infoHash of infoHashes) {
        await client.watch(`magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent(url)}`);
      }
      // Each at a random time within three minutes, those that are due within the same ten seconds together.
      const scraped = await client.waitScraped(4, TIMEOUT_MS);
      for (const [infoHash, counts] of scraped) assert.deepEqual(counts, countsOf(infoHashes.indexOf(infoHash)));
    });
  }

  test('for as many torrents as a datagram holds is understood by bittorrent-tracker', async () => {
    await using swarm = await Swarm.open();
    await using tracker = await startFilled(swarm);
    const TrackerClient = await loadTrackerClient();
    const announce = [tracker.urls.find((url) => url.startsWith('udp:')) as string];
    const client = new TrackerClient({ infoHash: infoHashes[0], peerId: '11'.repeat(20), announce, port: 6881 });
    const scraped: Counts[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    client.on('warning', reject);
    client.on('scrape', ({ complete, incomplete, downloaded }: Counts) => {
      if (scraped.push({ complete, incomplete, downloaded }) === infoHashes.length) resolve();
    });
    client.scrape({ infoHash: infoHashes.map((infoHash) => Buffer.from(infoHash, 'hex')) });
    await promise;
    client.destroy();
    assert.deepEqual(
      scraped,
      infoHashes.map((_, i) => countsOf(i)),
    );
  });

  test('in the bytes of Vuze over HTTP tells of every torrent', async () => {
    await using swarm = await Swarm.open();
    await using _tracker = await startFilled(swarm);
    const asked = infoHashes.slice(0, VUZE_HTTP);
    const { head, body } = await request(vuzeScrape(`http://${IP}:${PORT}/announce?key=1a2b`, asked));
    assert.match(head, /^HTTP\/1\.1 200 /);
    // It unpacks what is called gzip and takes anything else as it is.
    assert.doesNotMatch(head, /content-encoding|transfer-encoding/i);
    const { files, flags } = libtorrentDecodes(body) as ScrapeAnswer;
    assert.deepEqual(countsIn(files), Object.fromEntries(asked.map((infoHash, i) => [infoHash, countsOf(i)])));
    assert.equal(flags?.min_request_interval, 5);
  });

  test('in the bytes of Vuze over UDP tells of every torrent in the order of the request', async () => {
    await using swarm = await Swarm.open();
    await using _tracker = await startFilled(swarm);
    const asked = infoHashes.slice(0, VUZE_UDP).reverse();
    const expected = asked.map((_, i) => countsOf(VUZE_UDP - 1 - i));
    assert.deepEqual(await vuzeScrapeOverUdp(asked), expected);
  });

  test('says the same as one of opentracker that was told the same', async () => {
    await using swarm = await Swarm.open();
    const hashes = infoHashes.slice(0, Object.keys(lives).length);
    await using _opentracker = await Opentracker.start(swarm.folder('opentracker'), IP, OPENTRACKER_PORT, ...hashes);
    await using tracker = await DstTracker.start(swarm.folder('tracker'), BIND, PORT);
    for (const port of [OPENTRACKER_PORT, PORT]) {
      for (const [i, words] of Object.values(lives).entries()) await tell(port, hashes[i] as string, words);
    }
    const target = `/scrape?${hashes.map((infoHash) => `info_hash=${escape(infoHash)}`).join('&')}`;
    const theirs = await scrape(OPENTRACKER_PORT, target);
    assert.deepEqual(Object.keys(theirs).sort(), [...hashes].sort());
    for (const infoHash of hashes) {
      const { downloaded: least } = theirs[infoHash] as Counts;
      await tracker.waitFor(infoHash, ({ downloaded }) => downloaded >= least, TIMEOUT_MS);
    }
    const ours = await scrape(PORT, target);
    for (const [i, life] of Object.keys(lives).entries()) {
      assert.deepEqual(ours[hashes[i] as string], theirs[hashes[i] as string], life);
    }
  });

  test('counts no end of a download by a known seeder, which one of opentracker does', async () => {
    await using swarm = await Swarm.open();
    const [seeder, downloader] = infoHashes as [string, string];
    await using _opentracker = await Opentracker.start(swarm.folder('opentracker'), IP, OPENTRACKER_PORT, seeder);
    await using tracker = await DstTracker.start(swarm.folder('tracker'), BIND, PORT);
    const completed: Word = { port: 7000, left: 0, event: 'completed' };
    for (const port of [OPENTRACKER_PORT, PORT]) {
      await tell(port, seeder, [{ port: 7000, left: 0, event: 'started' }, completed]);
    }
    // Counts are stored from time to time, all that there are; one that was told later shows that this has been done.
    await tell(PORT, downloader, [completed]);
    await tracker.waitFor(downloader, ({ downloaded }) => downloaded === 1, TIMEOUT_MS);
    const target = `/scrape?info_hash=${escape(seeder)}`;
    assert.deepEqual((await scrape(PORT, target))[seeder], { complete: 1, incomplete: 0, downloaded: 0 });
    assert.deepEqual((await scrape(OPENTRACKER_PORT, target))[seeder], { complete: 1, incomplete: 0, downloaded: 1 });
  });
});

/** What the peers of a swarm say one after the other. */
const lives: Readonly<Record<string, readonly Word[]>> = {
  'a seeder from the start': [{ port: 7000, left: 0, event: 'started' }],
  'a download': [
    { port: 7000, left: 9, event: 'started' },
    { port: 7000, left: 0, event: 'completed' },
  ],
  'a download whose end is told twice': [
    { port: 7000, left: 9, event: 'started' },
    { port: 7000, left: 0, event: 'completed' },
    { port: 7000, left: 0, event: 'completed' },
  ],
  'a download of which only the end is told': [{ port: 7000, left: 0, event: 'completed' }],
  'a peer that completes and goes': [
    { port: 7000, left: 9, event: 'started' },
    { port: 7000, left: 0, event: 'completed' },
    { port: 7000, left: 0, event: 'stopped' },
    { port: 7001, left: 0, event: 'started' },
  ],
  'a download whose end is told by no event': [
    { port: 7000, left: 9, event: 'started' },
    { port: 7000, left: 0 },
  ],
  'a peer that completes but lacks something': [{ port: 7000, left: 9, event: 'completed' }],
  'a download that is done again after a stop': [
    { port: 7000, left: 9, event: 'started' },
    { port: 7000, left: 0, event: 'completed' },
    { port: 7000, left: 0, event: 'stopped' },
    { port: 7000, left: 9, event: 'started' },
    { port: 7000, left: 0, event: 'completed' },
  ],
  'two downloads and one under way': [
    { port: 7000, left: 9, event: 'started' },
    { port: 7001, left: 9, event: 'started' },
    { port: 7002, left: 9, event: 'started' },
    { port: 7000, left: 0, event: 'completed' },
    { port: 7001, left: 0, event: 'completed' },
  ],
};

interface ScrapeAnswer {
  readonly files: Readonly<Record<string, Counts>>;
  readonly flags?: { readonly min_request_interval: number };
}

/** A tracker that knows all swarms; it has stored how many downloads were finished, for only these are told. */
async function startFilled(swarm: Swarm): Promise<DstTracker> {
  const tracker = await DstTracker.start(swarm.folder('tracker'), BIND, PORT);
  for (const [i, infoHash] of infoHashes.entries()) {
    const { complete, incomplete, downloaded } = countsOf(i);
    const seeders = Array.from({ length: complete }, (_, n): Word => {
      return { port: 7000 + n, left: 0, event: n < downloaded ? 'completed' : 'started' };
    });
    const others = Array.from({ length: incomplete }, (_, n): Word => ({ port: 7100 + n, left: 9, event: 'started' }));
    await tell(PORT, infoHash, [...seeders, ...others]);
  }
  for (const [i, infoHash] of infoHashes.entries()) {
    await tracker.waitFor(infoHash, ({ downloaded }) => downloaded === countsOf(i).downloaded, TIMEOUT_MS);
  }
  return tracker;
}

async function tell(trackerPort: number, infoHash: string, words: readonly Word[]): Promise<void> {
  for (const { port, left, event } of words) {
    const peer = `peer_id=${'p'.repeat(20)}&port=${port}&uploaded=0&downloaded=0&left=${left}&compact=1`;
    const query = `info_hash=${escape(infoHash)}&${peer}${event === undefined ? '' : `&event=${event}`}`;
    const answer = await (await fetch(`http://${IP}:${trackerPort}/announce?${query}`)).text();
    assert.doesNotMatch(answer, /failure reason/);
  }
}

const escape = (infoHash: string): string => infoHash.replace(/../g, '%$&');

/** What the tracker at a port says of the swarms that the target asks for, by info hash. */
async function scrape(trackerPort: number, target: string): Promise<Readonly<Record<string, Counts>>> {
  const answer = await fetch(`http://${IP}:${trackerPort}${target}`);
  return countsIn((libtorrentDecodes(new Uint8Array(await answer.arrayBuffer())) as ScrapeAnswer).files);
}

/** The counts that all trackers tell, by info hash. */
function countsIn(files: ScrapeAnswer['files']): Record<string, Counts> {
  return Object.fromEntries(
    Object.entries(files).map(([infoHash, { complete, incomplete, downloaded }]) => [
      Buffer.from(infoHash, 'latin1').toString('hex'),
      { complete, incomplete, downloaded },
    ]),
  );
}

/** Sends text over a connection of its own and reads until the other side ends it. */
async function request(text: string): Promise<{ head: string; body: Uint8Array }> {
  const socket = connect(PORT, IP);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the connection was not ended')));
  socket.write(text);
  const answer = Buffer.concat(await socket.toArray());
  const end = answer.indexOf('\r\n\r\n');
  return { head: answer.toString('latin1', 0, end), body: answer.subarray(end + 4) };
}

/** The request of TrackerStatus.java of BiglyBT; java.net puts the headers into this order and adds two of its own. */
function vuzeScrape(announceUrl: string, asked: readonly string[]): string {
  const at = announceUrl.lastIndexOf('/') + 1;
  assert.equal(announceUrl.slice(at, at + 8), 'announce');
  const { host, pathname, search } = new URL(`${announceUrl.slice(0, at)}scrape${announceUrl.slice(at + 8)}`);
  const separator = search === '' ? '?' : '&';
  const parameters = asked.map((infoHash) => `info_hash=${javaEscape(infoHash)}`);
  return [
    `GET ${pathname}${search}${separator}${parameters.join('&')} HTTP/1.1`,
    'User-Agent: Azureus 5.7.6.0;Linux;Java 1.8.0_162',
    'Accept-Encoding: gzip',
    'Connection: close',
    `Host: ${host}`,
    'Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
    '\r\n',
  ].join('\r\n');
}

/** `URLEncoder.encode(…, "ISO-8859-1").replaceAll("\\+", "%20")`: leaves letters, digits and four others. */
function javaEscape(infoHash: string): string {
  return infoHash.replace(/../g, (hex) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9.*_-]/.test(character) ? character : `%${hex.toUpperCase()}`;
  });
}

/** PRUDPPacketRequestConnect.java, PRUDPPacketRequestScrape.java and PRUDPPacketReplyScrape2.java of BiglyBT. */
async function vuzeScrapeOverUdp(asked: readonly string[]): Promise<Counts[]> {
  const socket = createSocket('udp4').bind(0, IP);
  const ask = async (action: number, ...parts: Buffer[]): Promise<Buffer> => {
    const transaction = 0x7e000000 + action;
    const words = Buffer.alloc(8);
    words.writeInt32BE(action, 0);
    words.writeInt32BE(transaction, 4);
    socket.send([parts[0] as Buffer, words, ...parts.slice(1)], PORT, IP);
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [Buffer];
    assert.deepEqual([answer.readInt32BE(0), answer.readInt32BE(4)], [action, transaction]);
    return answer.subarray(8);
  };
  const connection = await ask(0, Buffer.from('0000041727101980', 'hex'));
  const answer = await ask(2, connection, Buffer.from(asked.join(''), 'hex'));
  socket.close();
  return Array.from({ length: answer.length / 12 }, (_, i) => ({
    complete: answer.readInt32BE(12 * i),
    downloaded: answer.readInt32BE(12 * i + 4),
    incomplete: answer.readInt32BE(12 * i + 8),
  }));
}
