/** WebTorrent's own clients on our tracker's WebSockets: the tracker client, and whole peers over WebRTC. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadTrackerClient, type TrackerClient } from './clients/bittorrent-tracker.ts';
import { dst } from './clients/dst.ts';
import { libtorrentReads } from './clients/libtorrent.ts';
import { webtorrentOverWebrtc } from './clients/webtorrent.ts';
import { differences, writeSample } from './content.ts';
import { DstTracker } from './dst-tracker.ts';
import { SAMPLE } from './exchange.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { Swarm } from './swarm.ts';

const skip = await enterNamespace(import.meta.filename, ['libtorrent', 'webtorrent', 'bittorrent-tracker', 'webrtc']);
const PORT = 6971;
const TIMEOUT_MS = 180_000;
const PATIENCE_MS = 75_000;
const ATTEMPTS = 3;

/** What clients emit as `peer`: a WebRTC session in the making. */
interface FoundPeer {
  readonly id: string;
  readonly initiator: boolean;
  readonly _pc: { readonly remoteDescription: { readonly sdp: string } | null };
  destroy(): void;
}

interface Counts {
  readonly infoHash: string;
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded?: number;
}

const hashOf = (byte: string): string => byte.repeat(20);
const idOf = (peer: number): string => `2d${`${peer}`.padStart(2, '0')}ff00`.padEnd(40, '80');

async function told<T>(client: TrackerClient, event: string): Promise<T> {
  const [value] = (await once(client, event, { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [T];
  return value;
}

describe('the client of bittorrent-tracker on WebSockets of dst tracker', { skip }, async () => {
  if (skip !== false) return;
  const Client = await loadTrackerClient();
  /** Clients with one URL share a connection; with different ones they have their own. */
  const clientFor = (peer: number, announce: string, infoHash: string): TrackerClient => {
    const client = new Client({ infoHash, peerId: idOf(peer), announce: [announce], port: 6881, wrtc: {} });
    client.on('error', (error) => assert.fail(String(error)));
    return client;
  };

  test('announces, completes, scrapes and stops, in the same swarm as HTTP', async () => {
    await using swarm = await Swarm.open();
    await using tracker = await DstTracker.start(swarm.folder('tracker'), [ADDRESSES[0] as string], PORT);
    const url = tracker.urls.find((one) => one.startsWith('ws:')) as string;
    assert.equal(url, `ws://${ADDRESSES[0]}:${PORT}/announce`);
    const infoHash = hashOf('a1');
    const client = clientFor(1, url, infoHash);
    client.start({ left: 100 });
    assert.deepEqual(pick(await told(client, 'update')), { infoHash, complete: 0, incomplete: 1 });
    await tracker.waitFor(infoHash, ({ incomplete }) => incomplete === 1, TIMEOUT_MS);
    const query = `info_hash=${infoHash.replace(/../g, '%$&')}&peer_id=${'p'.repeat(20)}&port=6881&left=0`;
    await (await fetch(`http://${ADDRESSES[0]}:${PORT}/announce?${query}`)).arrayBuffer();
    client.complete({ left: 0 });
    assert.deepEqual(pick(await told(client, 'update')), { infoHash, complete: 2, incomplete: 0 });
    await tracker.waitFor(infoHash, ({ downloaded }) => downloaded === 1, TIMEOUT_MS);
    client.scrape();
    const scraped = await told<Counts>(client, 'scrape');
    assert.deepEqual(pick(scraped), { infoHash, complete: 2, incomplete: 0 });
    assert.equal(scraped.downloaded, 1);
    client.scrape({ infoHash: [hashOf('b2'), hashOf('c3')] });
    assert.deepEqual(pick(await told(client, 'scrape')), { infoHash: hashOf('b2'), complete: 0, incomplete: 0 });
    client.stop({ left: 0 });
    await tracker.waitFor(infoHash, ({ complete }) => complete === 1, TIMEOUT_MS);
    client.destroy();
  });

  test('finds every other client: an offer goes out, its answer comes back', async () => {
    await using swarm = await Swarm.open();
    await using tracker = await DstTracker.start(swarm.folder('tracker'), [ADDRESSES[0] as string], PORT);
    const infoHash = hashOf('f0');
    const base = `ws://${ADDRESSES[0]}:${PORT}`;
    // The first two share a connection; with two threads the others are on both.
    const urls = ['/announce', '/announce', '/', '/2', '/3', '/4'];
    const clients = urls.map((path, i) => clientFor(i, base + path, infoHash));
    const [maker, ...others] = clients as [TrackerClient, ...TrackerClient[]];
    for (const other of others) {
      other.start({ left: 100, numwant: 0 });
      await told(other, 'update');
    }
    const offered = Promise.all(others.map((other) => told<FoundPeer>(other, 'peer')));
    const answered: FoundPeer[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    maker.on('peer', (peer: FoundPeer) => {
      answered.push(peer);
      if (answered.length === others.length) resolve();
    });
    maker.start({ left: 0, numwant: 50 });
    for (const peer of await offered) {
      assert.equal(peer.initiator, false);
      assert.equal(peer.id, idOf(0));
    }
    await promise;
    assert.deepEqual(answered.map(({ id }) => id).sort(), others.map((_, i) => idOf(i + 1)).sort());
    assert.ok(
      answered.every(({ initiator, _pc }) => initiator && _pc.remoteDescription?.sdp.startsWith('answer to offer')),
    );
    for (const client of clients) client.destroy();
    await tracker.waitFor(infoHash, ({ complete, incomplete }) => complete + incomplete === 0, TIMEOUT_MS);
  });

  test('is told why an announce is refused', async () => {
    await using swarm = await Swarm.open();
    await using tracker = await DstTracker.start(swarm.folder('tracker'), [ADDRESSES[0] as string], PORT);
    const client = clientFor(1, tracker.urls.find((one) => one.startsWith('ws:')) as string, hashOf('a1'));
    client.start({ left: -5, numwant: 0 });
    const warning = await told<Error>(client, 'warning');
    assert.equal(warning.message, 'left is not a number');
    client.destroy();
  });
});

describe('peers of webtorrent over WebRTC', { skip }, () => {
  test('complete a download from a peer that they know of only through a WebSocket of dst tracker', async () => {
    addInterface();
    await using swarm = await Swarm.open();
    await using tracker = await DstTracker.start(swarm.folder('tracker'), [ADDRESSES[0] as string], PORT);
    const served = swarm.folder('served');
    const torrentFile = join(swarm.folder('torrent'), 'sample.torrent');
    writeSample(served, SAMPLE);
    const url = tracker.urls.find((one) => one.startsWith('ws:')) as string;
    dst('create', join(served, SAMPLE), '-o', torrentFile, '--v1', '--tracker', url);
    const infoHash = libtorrentReads(torrentFile).v1 as string;
    const seeder = webtorrentOverWebrtc();
    await swarm.start(seeder);
    await seeder.seed(torrentFile, served);
    await tracker.waitFor(infoHash, ({ complete }) => complete === 1, TIMEOUT_MS);
    // A seeder that announced before it had checked its files says `completed` after, and is counted. Counts are stored
    // from time to time, all that there are; one that was told later shows that this has been done.
    const later = hashOf('d4');
    const query = `info_hash=${later.replace(/../g, '%$&')}&peer_id=${'p'.repeat(20)}&port=6881&left=0&event=completed`;
    await (await fetch(`http://${ADDRESSES[0]}:${PORT}/announce?${query}`)).arrayBuffer();
    await tracker.waitFor(later, ({ downloaded }) => downloaded === 1, TIMEOUT_MS);
    const { downloaded: before } = await tracker.counts(infoHash);
    const folder = await fetchedFrom(swarm, torrentFile);
    assert.deepEqual(differences(join(served, SAMPLE), join(folder, SAMPLE)), []);
    await tracker.waitFor(
      infoHash,
      ({ complete, downloaded }) => complete === 2 && downloaded === before + 1,
      TIMEOUT_MS,
    );
  });
});

const pick = ({ infoHash, complete, incomplete }: Counts): Counts => ({ infoHash, complete, incomplete });

/**
 * A folder with what a peer has downloaded that knows only of trackers. WebRTC of theirs fails now and then on a busy
 * machine; they try anew at each announce, every 30 seconds. Where that has not helped, another peer begins.
 */
async function fetchedFrom(swarm: Swarm, torrentFile: string, attempt = 1): Promise<string> {
  const leecher = webtorrentOverWebrtc();
  await swarm.start(leecher);
  const folder = swarm.folder(`fetched-${attempt}`);
  await leecher.download(torrentFile, folder, []);
  try {
    await leecher.waitComplete(PATIENCE_MS);
    return folder;
  } catch (error) {
    if (attempt === ATTEMPTS) throw error;
    await leecher.stop();
    return fetchedFrom(swarm, torrentFile, attempt + 1);
  }
}

/** WebRTC does not use loopback interfaces, and the namespace has no other. */
function addInterface(): void {
  const script =
    'ip link add web0 type veth peer name web1 && ip addr add 10.99.1.1/24 dev web0 && ip link set web0 up && ip link set web1 up';
  execFileSync('sh', ['-c', script], { stdio: 'ignore' });
}
