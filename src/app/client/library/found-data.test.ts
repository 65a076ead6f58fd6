import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { encodeMagnet, magnetOf } from '../../../codec/metainfo/index.ts';
import { smallTorrent, Stage, until } from '../fakes.test.ts';
import { defaultTorrentSettings } from '../torrent-settings.ts';
import { noteFoundData } from './found-data.ts';
import { noChoices, type TorrentRecord } from './torrent-record.ts';

test('data is looked for at the save path that the user has chosen meanwhile', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'dst-found-'));
  const { metainfo } = smallTorrent(1);
  const at = (name: string): string => join(folder.path, name);
  for (const name of ['before', 'after']) await mkdir(join(at(name), metainfo.info.name), { recursive: true });
  const before: TorrentRecord = {
    ...{ hash: '', infoHashes: metainfo.infoHashes, hasMetainfo: false, name: '', trackers: null, pending: null },
    ...{ savePath: at('before'), directory: at('incomplete'), wanted: 'running', goal: 'ahead', queuePosition: 0 },
    ...{ settings: defaultTorrentSettings, choices: noChoices, addedAt: 0, startedAt: 0, completedAt: null },
  };
  const values = [before];
  const changes: Partial<TorrentRecord>[] = [];
  const record = {
    get value(): TorrentRecord {
      return values.pop() ?? { ...before, savePath: at('after') };
    },
    note: async (change: Partial<TorrentRecord>) => void changes.push(change),
  };
  assert.equal((await noteFoundData(record, metainfo)).directory, at('after'));
  assert.deepEqual(changes, [{ directory: at('after'), choices: noChoices }]);
});

test('a magnet link keeps the name that the user gives it while data of its torrent file is looked for', async () => {
  await using stage = await Stage.open();
  const { metainfo, bytes } = smallTorrent(1);
  const { torrent } = await stage.client.torrents.add({ source: encodeMagnet(magnetOf(metainfo)) });
  const adding = stage.client.torrents.add({ source: bytes });
  await until(() => stage.torrents.length === 0);
  await torrent.setName('mine');
  await adding;
  assert.equal(torrent.view().name, 'mine');
});

test('metadata that comes while its torrent is being removed is neither kept nor told', async () => {
  await using stage = await Stage.open();
  const { metainfo, bytes } = smallTorrent(1);
  stage.engine.files.set(metainfo, bytes);
  const { torrent } = await stage.client.torrents.add({ source: encodeMagnet(magnetOf(metainfo)) });
  stage.torrents[0]?.metadataArrives(metainfo);
  await stage.client.torrents.remove([torrent], { deleteData: true });
  await setTimeout(100); // for what would go on
  assert.deepEqual([await readdir(stage.kept), stage.eventNames('torrent.metadata')], [[], []]);
});

test('metadata is told before the removal of its torrent, or not at all', async () => {
  await using stage = await Stage.open();
  for (let turns = 0; turns < 40; turns++) {
    const { metainfo, bytes } = smallTorrent(turns);
    stage.engine.files.set(metainfo, bytes);
    const { torrent } = await stage.client.torrents.add({ source: encodeMagnet(magnetOf(metainfo)) });
    stage.torrents[0]?.metadataArrives(metainfo);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    await stage.client.torrents.remove([torrent], { deleteData: true });
  }
  await setTimeout(100); // for what would go on
  const gone = new Set<string>();
  for (const { name, data } of stage.client.events.since(0).events) {
    if (!('hash' in data)) continue;
    if (name === 'torrent.removed') gone.add(data.hash);
    assert.ok(name !== 'torrent.metadata' || !gone.has(data.hash));
  }
  assert.equal(gone.size, 40);
});
