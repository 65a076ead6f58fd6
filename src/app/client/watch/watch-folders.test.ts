import assert from 'node:assert/strict';
import { mkdir, readdir, rmdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toHex } from '../../../base/bytes.ts';
import { DstError } from '../../../base/errors.ts';
import { dbErrors } from '../../../db/index.ts';
import type { ClientConfig } from '../../config/index.ts';
import { clientErrors } from '../errors.ts';
import { smallTorrent, Stage } from '../fakes.test.ts';
import { WatchFolders } from './watch-folders.ts';

async function open(): Promise<[Stage, string]> {
  const stage = await Stage.open();
  const folder = join(stage.folder, 'watched');
  await mkdir(join(folder, 'films'), { recursive: true });
  await stage.settings.set({ 'torrents.watch': [folder] });
  return [stage, folder];
}

/** A folder that is looked at when the test says so. */
async function watchOf({ client: { torrents }, folder, settings, log }: Stage): Promise<[string, WatchFolders]> {
  const watched = join(folder, 'watched');
  await mkdir(watched);
  const looks = { at: <T>(_folder: string, look: () => Promise<T>) => look() };
  const config = (): ClientConfig => ({
    ...settings.value,
    torrents: { ...settings.value.torrents, watch: [watched] },
  });
  return [watched, new WatchFolders({ torrents, looks, config, logger: log })];
}

/** Whether the folder has these files besides that of a category. */
const has = async (folder: string, ...names: string[]): Promise<boolean> =>
  (await readdir(folder)).toSorted().join() === [...names, 'films'].toSorted().join();

const shown = (stage: Stage): [name: string, category: string][] =>
  stage.client.torrents.all().map((torrent) => [torrent.view().name, torrent.view().settings.category]);

const toldOf = (stage: Stage): string[] => stage.log.lines.filter((line) => line.includes('watched folder stays'));

describe('a watched folder', () => {
  test('has its files added, those of a folder within as a category', async () => {
    const [stage, folder] = await open();
    await using _ = stage;
    await writeFile(join(folder, 'a.torrent'), smallTorrent(1).bytes);
    await writeFile(join(folder, 'films', 'b.TORRENT'), smallTorrent(2).bytes);
    const hash = toHex(smallTorrent(3).metainfo.infoHashes.v1 as Uint8Array);
    await writeFile(join(folder, 'c.magnet'), `magnet:?xt=urn:btih:${hash}&dn=c\n`);
    await writeFile(join(folder, 'note.txt'), 'hello');
    await stage.passUntil(() => has(folder, 'a.torrent.added', 'c.magnet.added', 'note.txt'));
    await stage.passUntil(async () => (await readdir(join(folder, 'films'))).join() === 'b.TORRENT.added');
    assert.deepEqual(shown(stage).toSorted(), [
      ['c', ''],
      ['test-1', ''],
      ['test-2', 'films'],
    ]);
    assert.deepEqual(stage.client.categories.find('films'), { name: 'films', savePath: '' });
    // A real folder may take longer to be looked at than the time that passes here lets it.
    await stage.passUntil(() => stage.client.health().watch === null);
  });

  test('may have them deleted', async () => {
    const [stage, folder] = await open();
    await using _ = stage;
    await stage.settings.set({ 'torrents.watchAction': 'delete' });
    await writeFile(join(folder, 'a.torrent'), smallTorrent(1).bytes);
    await stage.passUntil(() => has(folder));
    assert.equal(shown(stage).length, 1);
  });

  test('leaves a file alone while it is being written', async () => {
    await using stage = await Stage.open();
    const [folder, watch] = await watchOf(stage);
    const { torrents } = stage.client;
    const { bytes } = smallTorrent(1);
    for (let length = 0; length <= bytes.length; length += 50) {
      await writeFile(join(folder, 'a.torrent'), bytes.subarray(0, length));
      await watch.look();
    }
    await writeFile(join(folder, 'a.torrent'), bytes);
    await watch.look();
    assert.equal(torrents.size, 0);
    await watch.look();
    assert.deepEqual([torrents.size, await readdir(folder)], [1, ['a.torrent.added']]);
  });

  test('has a file that cannot be put away added once, and put away when that is possible', async () => {
    await using stage = await Stage.open();
    const [folder, watch] = await watchOf(stage);
    const { torrents } = stage.client;
    const inTheWay = join(folder, 'a.torrent.added');
    await mkdir(inTheWay);
    await writeFile(join(folder, 'a.torrent'), smallTorrent(1).bytes);
    for (let looks = 0; looks < 2; looks++) await watch.look();
    assert.equal(torrents.size, 1);
    await torrents.remove(torrents.all());
    for (let looks = 0; looks < 3; looks++) await watch.look();
    assert.match(watch.problem ?? '', /a\.torrent cannot be put away/);
    await rmdir(inTheWay);
    await watch.look();
    assert.deepEqual([torrents.size, watch.problem, await readdir(folder)], [0, null, ['a.torrent.added']]);
  });

  test('has what is no torrent put aside, and links are not followed', async () => {
    const [stage, folder] = await open();
    await using _ = stage;
    await writeFile(join(folder, 'a.torrent'), 'no torrent');
    await writeFile(join(stage.folder, 'real.torrent'), smallTorrent(1).bytes);
    await symlink(join(stage.folder, 'real.torrent'), join(folder, 'b.torrent'));
    await stage.passUntil(() => has(folder, 'a.torrent.rejected', 'b.torrent'));
    await stage.clock.pass(20_000);
    assert.equal(shown(stage).length, 0);
  });

  test('has what cannot be added told once, when nobody writes it any more', async () => {
    await using stage = await Stage.open();
    const [folder, watch] = await watchOf(stage);
    const empty = join(folder, 'empty.torrent');
    await symlink('/nowhere', join(folder, 'link.torrent'));
    for (let time = 1; time <= 5; time++) {
      await writeFile(empty, '');
      await utimes(empty, time, time);
      await watch.look();
    }
    assert.match(toldOf(stage).join('\n'), /^warn [^\n]*link\.torrent[^\n]*symbolic link[^\n]*$/);
    for (let looks = 0; looks < 5; looks++) await watch.look();
    assert.match(toldOf(stage).slice(1).join('\n'), /^warn [^\n]*empty\.torrent[^\n]*it is empty[^\n]*$/);
    await writeFile(empty, smallTorrent(1).bytes);
    for (let looks = 0; looks < 2; looks++) await watch.look();
    assert.equal(shown(stage).length, 1);
  });

  const passing = [
    new DstError('STORAGE_NO_SPACE', { category: 'storage', help: '' }, 'no space'),
    new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away'),
    new DstError('CLIENT_CLOSED', { ...clientErrors.CLIENT_CLOSED }, 'closed'),
  ];
  for (const failure of passing) {
    test(`is tried again after ${failure.code}, which is told once`, async () => {
      await using stage = await Stage.open();
      const [folder, watch] = await watchOf(stage);
      await writeFile(join(folder, 'a.torrent'), smallTorrent(1).bytes);
      const { add } = stage.client.torrents;
      stage.client.torrents.add = () => Promise.reject(failure);
      for (let looks = 0; looks < 5; looks++) await watch.look();
      assert.equal(toldOf(stage).length, 1);
      stage.client.torrents.add = add;
      await watch.look();
      assert.equal(shown(stage).length, 1);
    });
  }

  test('is read although others do not answer', async () => {
    const [stage, folder] = await open();
    await using _ = stage;
    const dead = ['a', 'b'].map((name) => join(stage.folder, name));
    await stage.clock.pass(5_000);
    const { device } = stage.disk;
    stage.disk.device = async (path) => {
      if (dead.includes(path)) await new Promise(() => {});
      return await device(path);
    };
    await stage.settings.set({ 'torrents.watch': [...dead, folder] });
    await writeFile(join(folder, 'a.torrent'), smallTorrent(1).bytes);
    await stage.passUntil(() => has(folder, 'a.torrent.added'));
    const told = [
      dead.map((path) => `no answer comes from ${path}`).join('; '),
      `no answer comes from ${dead.join(', ')}`,
    ];
    await stage.passUntil(() => {
      const { watch, folders } = stage.client.health();
      return told[0] === watch && told[1] === folders;
    });
  });

  test('that is not there is told', async () => {
    const [stage] = await open();
    await using _ = stage;
    await stage.settings.set({ 'torrents.watch': [join(stage.folder, 'nowhere')] });
    await stage.passUntil(() => /nowhere.*ENOENT/.test(stage.client.health().watch ?? ''));
    // Once, though it may first have been told that the folder does not answer.
    const told = stage.events('health.changed').filter(({ data }) => 'check' in data && data.check === 'watch');
    assert.equal(told.length, 1);
  });
});
