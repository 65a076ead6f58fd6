import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeTorrent } from '../../torrent-file/index.ts';
import { Stage } from './stage.test.ts';

let folder = '';
let film = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-creator-'));
  film = join(folder, 'film');
  await writeFile(film, 'x'.repeat(100_000));
});
after(async () => await rm(folder, { recursive: true }));

async function finished(stage: Stage, taskID: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [task] = await stage.read('torrentcreator/status', { taskID });
    if (['Finished', 'Failed'].includes(task.status as string)) return task as Record<string, unknown>;
    await sleep(5);
  }
}

test('a torrent is made of a file, told of, given, and seeded', async () => {
  const stage = await Stage.open({ roots: [folder] });
  const trackers = 'http://a.example/announce|http://b.example/announce||http://c.example/announce';
  const { status, json } = await stage.post('torrentcreator/addTask', {
    ...{ sourcePath: film, trackers, urlSeeds: 'http://w.example/', private: true, format: 'v1' },
    ...{ comment: 'a film', source: 'S', pieceSize: 32_768, torrentFilePath: '' },
  });
  assert.equal(status, 200);
  const { taskID } = json as { taskID: string };
  const { timeAdded, timeStarted, timeFinished, ...task } = await finished(stage, taskID);
  const now = '2027-01-15T08:00:00.000Z';
  assert.deepEqual([timeAdded, timeStarted, timeFinished], [now, now, now]);
  assert.deepEqual(task, {
    ...{
      taskID,
      sourcePath: film,
      torrentFilePath: '',
      status: 'Finished',
      progress: 100,
      format: 'v1',
      private: true,
    },
    ...{ pieceSize: 32_768, urlSeeds: ['http://w.example/'], comment: 'a film', source: 'S' },
    // The next tier begins after the empty one.
    trackers: ['http://a.example/announce', 'http://b.example/announce', '', 'http://c.example/announce'],
  });
  const { bytes } = await stage.get('torrentcreator/torrentFile', { taskID });
  const { info, trackers: tiers } = decodeTorrent(bytes);
  assert.deepEqual([info.name, info.source, tiers.map((urls) => urls.length)], ['film', 'S', [2, 1]]);
  assert.deepEqual(
    stage.client.torrents.all().map((torrent) => torrent.view().savePath),
    [folder],
  );
  assert.equal((await stage.api.ask('GET', `/create/${taskID}`)).json.state, 'done');
  await stage.does('torrentcreator/deleteTask', { taskID });
  assert.deepEqual(await stage.read('torrentcreator/status'), []);
});

test('a task that fails, and one that cannot be begun or is not there, are told so', async () => {
  const stage = await Stage.open({ roots: [folder] });
  const { json } = await stage.post('torrentcreator/addTask', { sourcePath: join(folder, 'nothing') });
  const { taskID } = json as { taskID: string };
  const { status, errorMessage } = await finished(stage, taskID);
  assert.deepEqual([status, typeof errorMessage], ['Failed', 'string']);
  assert.equal((await stage.get('torrentcreator/torrentFile', { taskID })).status, 409);
  const addTask = 'torrentcreator/addTask';
  await stage.refuses(addTask, { sourcePath: '/etc' }, 409);
  await stage.refuses(addTask, { sourcePath: film, torrentFilePath: join(folder, 'x.torrent') }, 409);
  await stage.refuses(addTask, { sourcePath: film, pieceSize: 20_000 }, 400);
  await stage.refuses('torrentcreator/deleteTask', { taskID: '77' }, 404);
  assert.equal((await stage.get('torrentcreator/status', { taskID: '77' })).status, 404);
});
