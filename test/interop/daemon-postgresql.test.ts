/** A daemon whose database is on a real PostgreSQL server: what it keeps there, and what it does while that is away. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSession } from '../../src/index.ts';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess, type TorrentJson } from '../e2e/daemon-process.ts';
import { diskTorrent } from '../e2e/disk-torrent.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { Postgresql } from './postgresql.ts';

const skip = await enterNamespace(import.meta.filename, ['postgresql']);
const server = skip === false ? await Postgresql.start(ADDRESSES[0] as string, 5432) : null;
after(() => server?.[Symbol.asyncDispose]());
const options = { skip, timeout: 480_000 };

/** A daemon with tables of its own; `start` again is the next run. */
async function stage(
  schema: string,
): Promise<{ folder: string; start: () => Promise<DaemonProcess> } & AsyncDisposable> {
  const scratch = await scratchFolder();
  const env = { DST_DATABASE: (await server?.emptySchema(schema)) ?? '' };
  return {
    folder: scratch.path,
    start: () => DaemonProcess.start(scratch.path, { env }),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

function add(daemon: DaemonProcess, { bytes }: { bytes: Uint8Array }, body: object = {}): Promise<unknown> {
  const torrent = Buffer.from(bytes).toString('base64');
  return daemon.api('/torrents', { method: 'POST', body: { torrent, ...body } });
}

test('a daemon finds all that it was told on PostgreSQL after a restart', options, async () => {
  await using scene = await stage('restarted');
  const torrent = await diskTorrent(scene.folder, { files: [300_000] });
  const told = async (daemon: DaemonProcess): Promise<unknown> => ({
    torrents: (await daemon.torrents()).map(({ id, hash, name, state, settings }) => ({
      id,
      hash,
      name,
      state,
      settings,
    })),
    lists: await Promise.all(['/categories', '/labels', '/bans', '/users', '/tokens'].map((path) => daemon.api(path))),
  });
  await using first = await scene.start();
  await first.api('/categories/films', { method: 'PUT', body: { savePath: join(first.downloads, 'films') } });
  await first.api('/bans', { method: 'POST', body: { hosts: ['203.0.113.7'] } });
  await first.api('/tokens', { method: 'POST', body: { name: 'player', scope: 'read' } });
  await add(first, torrent, { isStopped: true, settings: { category: 'films', labels: ['new'], downloadLimit: 5000 } });
  await first.untilState(torrent.infoHash, 'stopped');
  const before = await told(first);
  await first.stop();
  assert.ok(!existsSync(join(scene.folder, 'data/client.db')));
  await using next = await scene.start();
  assert.deepEqual(await told(next), before);
  assert.deepEqual([next.listening.firstUser, next.listening.recovered], [undefined, null]);
});

test(
  'a daemon outlives that PostgreSQL is away: it refuses changes, goes on, and keeps what happens',
  options,
  async () => {
    await using scene = await stage('away');
    const source = join(scene.folder, 'source');
    await mkdir(source);
    const torrent = await diskTorrent(source, { files: [300_000] });
    const other = await diskTorrent(source, { files: [100_000], seed: 2 });
    const seeder = { bind: ['127.0.0.1'], directory: torrent.folder, stateDirectory: join(scene.folder, 'seeder') };
    await using session = await createSession(seeder);
    const seeded = await session.add(torrent.bytes);
    await seeded.completed();
    await using daemon = await scene.start();
    await add(daemon, torrent);
    const { infoHash: hash } = torrent;
    await daemon.untilState(hash, 'downloading');
    const isWell = async (): Promise<boolean> => {
      const { checks } = await daemon.api<{ checks: { database: { status: string } } }>('/health', { prefix: '' });
      return checks.database.status === 'ok';
    };

    await server?.stop();
    await assert.rejects(add(daemon, other), { code: 'DB_UNREACHABLE', isRetryable: true });
    await assert.rejects(daemon.api(`/torrents/${hash}`, { method: 'DELETE' }), { code: 'DB_UNREACHABLE' });
    const [host = '', port] = (await daemon.peerAddress()).split(':');
    seeded.addPeer({ host, port: Number(port) });
    const complete = await daemon.untilState(hash, 'seeding');
    await daemon.until('ill', isWell, (isOk) => !isOk);

    await server?.start();
    await daemon.until('well', isWell, (isOk) => isOk);
    await add(daemon, other);
    const shown = (one: TorrentJson): unknown => [one.hash, one['completedAt'], one['downloaded']];
    const before = (await daemon.torrents()).map(shown);
    assert.deepEqual(before, [
      [hash, complete['completedAt'], 300_000],
      [other.infoHash, null, 0],
    ]);
    assert.notEqual(complete['completedAt'], null);
    await daemon.stop();
    await using next = await scene.start();
    await next.untilState(hash, 'seeding');
    assert.deepEqual((await next.torrents()).map(shown), before);
  },
);
