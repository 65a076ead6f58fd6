/** The library's session on real sockets: whom it keeps out, its limits and figures, its trackers. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { encodeHandshake } from '../../src/codec/wire/index.ts';
import { type AddOptions, createSession, createTorrent, type Session, type SessionTorrent } from '../../src/index.ts';
import { TempFolder } from '../storage/file-fixture.ts';

const SIZE = 1_000_000;

/** What a tracker is told: `path event`. */
async function serveTracker(t: TestContext): Promise<{ readonly url: string; readonly told: string[] }> {
  const told: string[] = [];
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://tracker');
    if (url.pathname.endsWith('/announce')) told.push(`${url.pathname} ${url.searchParams.get('event') ?? 'none'}`);
    response.end('d8:completei3e10:downloadedi7e10:incompletei2e8:intervali1800e5:peers0:e');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

interface Scene {
  /** Opens a session that keeps its data in a folder of this name, and adds the torrent. */
  join(name: string, options?: AddOptions): Promise<readonly [Session, SessionTorrent]>;
}

async function scene(t: TestContext): Promise<Scene> {
  const folder = new TempFolder();
  const sessions: Session[] = [];
  t.after(async () => {
    for (const session of sessions) await session.close();
    folder[Symbol.dispose]();
  });
  folder.write('seed/file.bin', seededRandom(3).bytes(SIZE));
  const { bytes } = await createTorrent(folder.join('seed/file.bin'), { pieceLength: 65_536 });
  return {
    async join(name, options = {}) {
      const stateDirectory = folder.join(`state-${name}`);
      const session = await createSession({ bind: ['127.0.0.1'], stateDirectory, diskWorkers: 1, warmsUp: false });
      sessions.push(session);
      return [session, await session.add(bytes, { directory: folder.join(name), ...options })];
    },
  };
}

const until = (torrent: SessionTorrent, name: 'peerConnected' | 'peerDisconnected'): Promise<void> =>
  new Promise((resolve) => torrent.on(name, () => resolve(), { once: true }));

test('a host that is kept out is refused before any handshake, and welcome again afterwards', async (t) => {
  const { join } = await scene(t);
  const [seed, seeding] = await join('seed');
  await seeding.completed();
  const [address] = seed.listening;
  assert.ok(address !== undefined);
  /** Bytes that one is sent who connects and greets. */
  const greet = (): Promise<number> =>
    new Promise((resolve) => {
      const socket = connect(address);
      socket.on('error', () => {});
      socket.on('close', () => resolve(socket.bytesRead));
      socket.on('data', () => socket.destroy());
      const infoHash = seeding.infoHashes.v1 as Uint8Array;
      socket.write(encodeHandshake({ fast: true, extended: true, dht: false, v2: false, infoHash, peerId }));
    });
  const peerId = new Uint8Array(20).fill(7);
  seed.setFilter(new Set(['127.0.0.1']));
  assert.deepEqual([await greet(), seed.stats().hasIncoming], [0, false]);
  seed.setFilter(new Set());
  assert.ok((await greet()) >= 68);
  assert.equal(seed.stats().hasIncoming, true);
  const [, other] = await join('other', { peers: [address] });
  await other.completed();
  assert.ok(seed.stats().uploaded >= SIZE);
});

test('a filter ends connections that are open', async (t) => {
  const { join } = await scene(t);
  const [seed, seeding] = await join('seed', { uploadLimit: 20_000 });
  await seeding.completed();
  const connected = until(seeding, 'peerConnected');
  const [session, torrent] = await join('leech', { peers: [...seed.listening] });
  await connected;
  const [peer] = seeding.peers();
  assert.deepEqual([peer?.host, peer?.source, peer?.isIncoming], ['127.0.0.1', 'incoming', true]);
  if (torrent.peers().length > 0) assert.equal(torrent.peers()[0]?.source, 'user');
  const disconnected = until(seeding, 'peerDisconnected');
  session.setFilter(new Set(['127.0.0.1']));
  await disconnected;
  assert.deepEqual(torrent.peers(), []);
});

test('trackers are replaced, and asked at the user’s wish; their figures and times are told', async (t) => {
  const { join } = await scene(t);
  const { url, told } = await serveTracker(t);
  const [, torrent] = await join('seed', { trackers: [[`${url}/old/announce`]], replacesTrackers: true });
  await torrent.completed();
  const isOk = (path: string): boolean =>
    torrent.trackers().some((tracker) => tracker.url === `${url}${path}` && tracker.state === 'ok');
  while (!isOk('/old/announce')) await new Promise(setImmediate);
  const [old] = torrent.trackers();
  assert.deepEqual([old?.id, old?.tier, old?.seeders, old?.leechers, old?.downloads], [1, 0, 3, 2, 7]);
  assert.ok((old?.lastAt ?? 0) > 1e9 && (old?.nextIn ?? 0) > 1_700_000);
  torrent.setTrackers([[`${url}/new/announce`]]);
  while (!isOk('/new/announce')) await new Promise(setImmediate);
  // The old one is said goodbye to while the new one is asked: whose answer comes first is not said.
  while (told.length < 3) await new Promise(setImmediate);
  assert.deepEqual(
    [told[0], ...told.slice(1).toSorted()],
    ['/old/announce started', '/new/announce started', '/old/announce stopped'],
  );
  assert.deepEqual(
    torrent.trackers().map(({ id, url: address }) => [id, address]),
    [[2, `${url}/new/announce`]],
  );
  assert.equal(torrent.reannounce(), true);
  assert.equal(torrent.trackers()[0]?.state, 'ok');
  await torrent.pause();
  assert.equal(torrent.reannounce(), false);
});

test('a tracker at an address that may not be contacted is not contacted', async (t) => {
  const { url, told } = await serveTracker(t);
  const folder = new TempFolder();
  t.after(() => folder[Symbol.dispose]());
  folder.write('file.bin', new Uint8Array(1000));
  const { bytes } = await createTorrent(folder.join('file.bin'));
  await using session = await createSession({
    bind: ['127.0.0.1'],
    stateDirectory: folder.join('state'),
    diskWorkers: 1,
    mayContactTracker: (address) => address !== '127.0.0.1',
  });
  const torrent = await session.add(bytes, { directory: folder.join('.'), trackers: [[`${url}/announce`]] });
  while (torrent.trackers()[0]?.state !== 'failed') await new Promise(setImmediate);
  assert.match(torrent.trackers()[0]?.message ?? '', /may not contact/);
  assert.deepEqual(told, []);
});
