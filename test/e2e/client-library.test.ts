/** The client over a real session: real files, sockets and an SQLite file, over several runs. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { toHex } from '../../src/base/bytes.ts';
import type { ClientService, ManagedTorrent } from '../../src/app/client/index.ts';
import { createSession, type Session } from '../../src/app/index.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { type ClientRun, nextState, startClient, until } from './client-run.ts';

const sample = testTorrent({ files: [300_000, 70_000, 500_000], seed: 4, version: 'hybrid' });
const top = sample.metainfo.info.name;

let folder = '';
let seeder: Session;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-library-'));
  const source = join(folder, 'source');
  await mkdir(join(source, top), { recursive: true });
  for (const { path, offset, length, isPad } of sample.metainfo.info.files) {
    if (!isPad) await writeFile(join(source, ...path), sample.data.subarray(offset, offset + length));
  }
  const options = { port: 0, bind: ['127.0.0.1'], useTrackers: false, stateDirectory: join(folder, 'seeder') };
  seeder = await createSession({ ...options, directory: source });
  await (await seeder.add(sample.bytes)).completed();
});
after(async () => {
  await seeder.close();
  await rm(folder, { recursive: true, force: true });
});

const start = (name: string): Promise<ClientRun> => startClient(join(folder, name), [folder]);

const only = ({ torrents }: ClientService): ManagedTorrent => torrents.all()[0] as ManagedTorrent;
const stateOf = (client: ClientService): string => only(client).view().state;

async function assertWhole(directory: string, nameOf = (name: string): string => name): Promise<void> {
  for (const { path, offset, length, isPad } of sample.metainfo.info.files) {
    if (isPad) continue;
    const found = await readFile(join(directory, ...path.map(nameOf)));
    assert.equal(Buffer.compare(found, sample.data.subarray(offset, offset + length)), 0, path.join('/'));
  }
}

describe('a client over a real session', () => {
  test('downloads into the folder for what is not complete, moves, and seeds on after a restart without a check', async () => {
    {
      await using run = await start('one');
      const { torrent } = await run.client.torrents.add({ source: sample.bytes, peers: seeder.listening });
      await until(() => torrent.view().state === 'seeding' && torrent.view().contentPath === join(run.downloads, top));
      await assertWhole(run.downloads);
      const view = torrent.view();
      assert.deepEqual([view.wantedDone, view.done, view.completedAt === null], [870_000, 870_000, false]);
      assert.equal(view.downloaded, view.downloadedInRun);
      assert.deepEqual(await readdir(join(folder, 'one', 'incomplete')), []);
    }
    await using run = await start('one');
    await until(() => stateOf(run.client) === 'seeding');
    const told = run.client.events.since(0).events.filter(({ name }) => !name.startsWith('peer.'));
    assert.deepEqual(told, [], 'nothing has changed for who listens, but that peers come and go');
    assert.ok(only(run.client).view().downloaded >= 870_000);
    assert.equal(run.client.stats().ever.sessions, 2);
  });

  test('learns the files of a magnet link, and needs nobody for them after a restart', async () => {
    const source = `magnet:?xt=urn:btih:${toHex(sample.metainfo.infoHashes.v1 as Uint8Array)}`;
    {
      await using run = await start('two');
      const { torrent } = await run.client.torrents.add({ source, peers: seeder.listening });
      await until(() => torrent.view().state === 'seeding');
      await torrent.stop();
    }
    await using run = await start('two');
    const view = only(run.client).view();
    assert.deepEqual([view.state, view.name, view.hashV2 === null], ['stopped', top, false]);
    await only(run.client).start();
    await until(
      () => stateOf(run.client) === 'seeding' && only(run.client).view().contentPath === join(run.downloads, top),
    );
    await assertWhole(run.downloads);
  });

  test('moves, renames and verifies what it has, and finds all of it again', async () => {
    const archive = join(folder, 'archive');
    {
      await using run = await start('two');
      await until(() => stateOf(run.client) === 'seeding');
      const torrent = only(run.client);
      await torrent.setSavePath(archive, { movesData: true });
      await until(() => torrent.view().state === 'seeding');
      await torrent.rename(top, 'album');
      await assertWhole(archive, (name) => (name === top ? 'album' : name));
      const checked = nextState(run.client, 'checking');
      await torrent.verify();
      await checked;
      await until(() => torrent.view().state === 'seeding');
      assert.equal(torrent.view().done, 870_000);
    }
    await using run = await start('two');
    await until(() => stateOf(run.client) === 'seeding');
    assert.equal(only(run.client).view().contentPath, join(archive, 'album'));
    await run.client.torrents.remove([only(run.client)], { deleteData: true });
    await run.client.close();
    await assert.rejects(stat(join(archive, 'album')), { code: 'ENOENT' });
    assert.deepEqual(await readdir(join(folder, 'two', 'torrents')), []);
  });

  test('deletes the data of a torrent that it has not even looked at yet', async () => {
    await using run = await start('four');
    const savePath = join(folder, 'laid-out');
    await cp(join(folder, 'source'), savePath, { recursive: true });
    const { torrent } = await run.client.torrents.add({ source: sample.bytes, savePath, isStopped: true });
    await run.client.torrents.remove([torrent], { deleteData: true });
    await run.client.close();
    assert.deepEqual(await readdir(savePath), []);
  });

  test('deletes what is left of data whose files are gone', async () => {
    const folderOf = async (run: ClientRun): Promise<string> => {
      await until(() => stateOf(run.client) === 'seeding' && only(run.client).view().contentPath.includes('downloads'));
      return only(run.client).view().contentPath;
    };
    let left = '';
    {
      await using run = await start('five');
      await run.client.torrents.add({ source: sample.bytes, peers: seeder.listening });
      left = await folderOf(run);
    }
    for (const name of await readdir(left)) await rm(join(left, name));
    await using run = await start('five');
    await run.client.torrents.remove([only(run.client)], { deleteData: true });
    await run.client.close();
    await assert.rejects(stat(left), { code: 'ENOENT' });
    assert.deepEqual(await readdir(join(folder, 'five', 'resume')), []);
  });

  test('says what is missing when the drive is gone, and goes on by itself when it is there again', async () => {
    {
      await using run = await start('three');
      await run.client.torrents.add({ source: sample.bytes, peers: seeder.listening });
      await until(() => stateOf(run.client) === 'seeding' && only(run.client).view().contentPath.includes('downloads'));
    }
    const downloads = join(folder, 'three', 'downloads');
    await rename(downloads, `${downloads}.away`);
    await using run = await start('three');
    await until(() => stateOf(run.client) === 'failed');
    assert.equal(only(run.client).view().problem?.code, 'STORAGE_MISSING');
    assert.equal(only(run.client).why().findings[0]?.code, 'data-missing');
    await rename(`${downloads}.away`, downloads);
    await until(() => stateOf(run.client) === 'seeding');
    assert.equal(only(run.client).view().problem, null);
  });
});
