import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { openDatabase } from '../../db/index.ts';
import { netError } from '../../net/errors.ts';
import { defaultTrackerOptions, type TrackerOptions } from './options.ts';
import { UdpSocket, type UdpSocketOptions } from './sockets/udp-socket.ts';
import { TrackerServer } from './tracker-server.ts';

const INFO_HASH = 'h'.repeat(20);

const start = (options: Partial<TrackerOptions> = {}): Promise<TrackerServer> =>
  TrackerServer.start({ bind: ['127.0.0.1'], port: 0, allowsPrivate: true, ...options });

/** Body of the answer, over a connection of its own: any thread may get it. */
async function get(server: TrackerServer, target: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.listening[0]?.port}${target}`, {
    headers: { connection: 'close' },
  });
  return Buffer.from(await response.arrayBuffer()).toString('latin1');
}

const announce = (server: TrackerServer, { path = '/announce', port = 6881, more = '' } = {}): Promise<string> =>
  get(server, `${path}?info_hash=${INFO_HASH}&peer_id=${'p'.repeat(20)}&port=${port}&left=1${more}`);

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isReached())) await systemClock.sleep(20);
}

describe('a tracker', () => {
  test('starts a thread again that has ended, and says so meanwhile', async () => {
    const workers: Worker[] = [];
    const onWorker = (worker: Worker): unknown => workers.push(worker);
    process.on('worker', onWorker);
    try {
      await using server = await start({ threads: 2 });
      for (let i = 0; i < 10; i++) assert.match(await announce(server, { port: 7000 + i }), /8:interval/);
      assert.equal(workers.length, 2);
      await workers[1]?.terminate();
      await until(() => server.status().checks['threads'] !== null);
      assert.match(server.status().problems.join(), /thread 1 has ended/);
      assert.equal(server.status().threads[1], null);
      await until(() => server.status().problems.length === 0);
      assert.equal(workers.length, 3);
      for (let i = 0; i < 10; i++) assert.match(await announce(server, { port: 7000 + i }), /10:incompletei10e/);
    } finally {
      process.off('worker', onWorker);
    }
  });

  test('answers a request for no target with an error, whatever thread gets it', async () => {
    await using server = await start({ threads: 2 });
    for (const target of ['http://[', 'http://a:99999/x', '//[', 'http://user:pw@/']) {
      const socket = connect(server.listening[0]?.port as number, '127.0.0.1');
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 (400|404|500) /, target);
      socket.destroy();
    }
    assert.match(await announce(server), /8:interval/);
  });

  test('goes by other settings at once, in all threads', async () => {
    await using server = await start({ threads: 2 });
    server.change({ ...defaultTrackerOptions, allowsPrivate: true, access: 'whitelist', interval: 600 });
    for (let i = 0; i < 10; i++) assert.match(await announce(server), /not registered/);
    await server.repository.torrents.change([{ infoHash: Buffer.from(INFO_HASH), isRegistered: true }]);
    await server.refresh();
    for (let i = 0; i < 10; i++) assert.match(await announce(server), /8:intervali600e/);
    await server.repository.bans.put([{ prefix: '127.0.0.0/8', reason: '', expiresAt: null }]);
    await server.refresh();
    for (let i = 0; i < 10; i++) assert.match(await announce(server), /banned/);
  });

  test('shows counts without a passkey to nobody that is banned, and to nobody at all when it is private', async () => {
    await using server = await start({ access: 'private' });
    assert.equal(server.scrapeRefusal('127.0.0.1'), 'private');
    server.change({ ...defaultTrackerOptions, access: 'open' });
    assert.equal(server.scrapeRefusal('127.0.0.1'), null);
    await server.repository.bans.put([{ prefix: '127.0.0.1', reason: '', expiresAt: null }]);
    await server.refresh();
    assert.deepEqual(
      ['127.0.0.1', '127.0.0.2'].map((host) => server.scrapeRefusal(host)),
      ['banned', null],
    );
  });

  test('lists nobody any more that is banned', async () => {
    await using server = await start({ threads: 2 });
    await announce(server);
    assert.equal((await server.peersOf(Buffer.from(INFO_HASH), 10)).length, 1);
    await server.repository.bans.put([{ prefix: '127.0.0.0/8', reason: '', expiresAt: null }]);
    await server.refresh();
    await until(async () => (await server.peersOf(Buffer.from(INFO_HASH), 10)).length === 0);
  });

  test('refuses a port and a folder that another tracker has, however many threads they have', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dst-tracker-'));
    try {
      for (const threads of [1, 2]) {
        await using first = await start({ threads, directory });
        const port = first.listening[0]?.port as number;
        for (const others of [1, 2]) {
          await assert.rejects(start({ threads: others, port }), { code: 'NET_PORT_IN_USE' });
          await assert.rejects(start({ threads: others, directory }), { code: 'FOLDER_IN_USE' });
        }
        assert.match(await announce(first), /8:interval/);
      }
      await using again = await start({ directory });
      assert.match(await announce(again), /8:interval/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('is at another port when the one that was found is taken for UDP', async (t) => {
    const ports: number[] = [];
    const bind = UdpSocket.bind.bind(UdpSocket);
    t.mock.method(UdpSocket, 'bind', (options: UdpSocketOptions) => {
      if (ports.push(options.port) === 1) return Promise.reject(netError('NET_PORT_IN_USE', 'somebody has it'));
      return bind(options);
    });
    await using server = await start();
    assert.equal(ports.length, 2);
    assert.equal(server.listening[0]?.port, ports[1]);
    assert.match(await announce(server), /8:interval/);
  });

  test('says that its folder cannot be used', async () => {
    await assert.rejects(start({ directory: '/dev/null/tracker' }), { code: 'FOLDER_UNUSABLE' });
  });

  test('notices what another process changes in its database', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dst-tracker-'));
    try {
      await using server = await start({ directory, access: 'whitelist' });
      assert.match(await announce(server), /not registered/);
      await using database = await openDatabase(join(directory, 'tracker.db'));
      await database.tracker.torrents.change([{ infoHash: Buffer.from(INFO_HASH), isRegistered: true }]);
      await until(async () => /8:interval/.test(await announce(server)));
      await database.tracker.torrents.remove([Buffer.from(INFO_HASH)]);
      await until(async () => /not registered/.test(await announce(server)));
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('lets an account and a ban end in time, though nobody changes anything', async () => {
    await using server = await start({ access: 'private' });
    const { accounts, passkeys, torrents, bans } = server.repository;
    const { id } = await accounts.create({ name: 'a', isEnabled: true, maxPeers: null, expiresAt: null });
    const passkey = 'k'.repeat(32);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Buffer.from(passkey)));
    await passkeys.create({ hash, accountId: id, label: '' });
    await torrents.change([{ infoHash: Buffer.from(INFO_HASH), isRegistered: true }]);
    await bans.put([{ prefix: '127.0.0.1', reason: '', expiresAt: null }]);
    await server.refresh();
    const path = `/${passkey}/announce`;
    assert.match(await announce(server, { path }), /banned/);
    const expiresAt = systemClock.wall() + 2;
    await accounts.change(id, { expiresAt });
    await bans.put([{ prefix: '127.0.0.1', reason: '', expiresAt }]);
    await server.refresh();
    await until(async () => !(await announce(server, { path })).includes('banned'));
    assert.match(await announce(server, { path }), /suspended/);
    await accounts.change(id, { expiresAt: null });
    await server.refresh();
    assert.match(await announce(server, { path, more: '&event=started' }), /8:interval/);
    assert.match(await announce(server, { path, more: '&uploaded=5000' }), /8:interval/);
    await until(async () => (await accounts.find(id))?.uploaded === 5000);
  });

  test('stores no finished download twice while it follows its database', async () => {
    await using server = await start({ access: 'open' });
    const downloads = 20;
    for (let i = 0; i < downloads; i++) {
      await announce(server, { port: 7000 + i });
      await get(
        server,
        `/announce?info_hash=${INFO_HASH}&peer_id=${'p'.repeat(20)}&port=${7000 + i}&left=0&event=completed`,
      );
      if (i % 5 === 0) {
        await server.repository.torrents.change([{ infoHash: Buffer.from(INFO_HASH), name: `${i}` }]);
        await server.refresh();
      }
    }
    await until(async () => (await server.scrape(Buffer.from(INFO_HASH))).completed >= downloads);
    await server.repository.torrents.change([{ infoHash: Buffer.from(INFO_HASH), name: 'last' }]);
    await server.refresh();
    assert.equal((await server.scrape(Buffer.from(INFO_HASH))).completed, downloads);
  });
});
