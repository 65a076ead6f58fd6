import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../../test/support/until.ts';
import { decodeMetainfo } from '../../../codec/metainfo/index.ts';
import { nodeDigests } from '../../../crypto/digests.ts';
import { CreationTasks } from '../creation-tasks.ts';
import { ApiClient } from '../fakes.test.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-create-api-'));
  await mkdir(join(folder, 'album'));
  await writeFile(join(folder, 'album', 'one'), 'x'.repeat(100_000));
});
after(async () => await rm(folder, { recursive: true }));

async function made(
  body: object,
): Promise<{ api: ApiClient; location: string; json: { state: string; hash: string } }> {
  const api = await ApiClient.create({ roots: [folder] });
  const begun = await api.ask('POST', '/create', { body });
  assert.equal(begun.status, 202);
  const location = begun.headers['location']?.replace('/api/v1', '') as string;
  let answer = begun;
  while (!['done', 'failed'].includes(answer.json.state as string)) {
    await sleep(5);
    answer = await api.ask('GET', location);
  }
  return { api, location, json: answer.json };
}

describe('a torrent that is made', () => {
  test('tells how far it is, and is given when it is done', async () => {
    const trackers = [['http://tracker.example/announce']];
    const { api, location, json } = await made({
      path: join(folder, 'album'),
      trackers,
      comment: 'c',
      format: 'hybrid',
    });
    assert.deepEqual(
      { ...json, hash: '', createdAt: 0 },
      {
        id: 1,
        path: join(folder, 'album'),
        state: 'done',
        hashed: 100_000,
        total: 100_000,
        createdAt: 0,
        hash: '',
        skipped: [],
        error: null,
      },
    );
    const { headers, bytes } = await api.ask('GET', `${location}/torrent`);
    const { info, trackers: written, comment } = decodeMetainfo(bytes, nodeDigests);
    assert.deepEqual([info.name, info.hasV1, info.hasV2, comment], ['album', true, true, 'c']);
    assert.deepEqual(written, trackers);
    assert.equal(headers['content-type'], 'application/x-bittorrent');
    assert.equal((await api.ask('GET', '/create')).json.items.length, 1);
    assert.equal((await api.ask('DELETE', location)).status, 204);
    assert.equal((await api.ask('GET', location)).status, 404);
  });

  test('is added when that is wanted, where its data is', async () => {
    const { api, json } = await made({ path: join(folder, 'album'), seeds: true });
    const [torrent] = api.client.torrents.all();
    assert.deepEqual([torrent?.hash, torrent?.view().savePath], [json.hash, folder]);
  });

  test('of nothing fails, and says why', async () => {
    const { api, location, json } = await made({ path: join(folder, 'missing') });
    assert.equal(json.state, 'failed');
    const { error } = (await api.ask('GET', location)).json;
    assert.equal(error.code, 'CREATE_UNREADABLE');
    assert.equal((await api.ask('GET', `${location}/torrent`)).status, 409);
  });

  test('is not made of what callers may not name, or with what is none', async () => {
    const api = await ApiClient.create({ roots: [folder] });
    for (const path of ['/etc/passwd', join(folder, '..', 'x'), `${folder}/../etc`, `${folder}x`]) {
      const { status, json } = await api.ask('POST', '/create', { body: { path } });
      assert.deepEqual([status, json.code], [403, 'CLIENT_PATH_REFUSED'], path);
    }
    for (const wrong of [
      { pieceLength: 5 },
      { pieceLength: 100_000 },
      { format: 'v3' },
      { threads: 9 },
      { name: 'a\nb' },
    ]) {
      assert.equal((await api.ask('POST', '/create', { body: { path: folder, ...wrong } })).status, 400);
    }
    assert.deepEqual((await api.ask('GET', '/create')).json.items, []);
  });
});

describe('tasks', () => {
  test('run one after another, ten are open at most, and removing one ends it', async () => {
    const signals: AbortSignal[] = [];
    const tasks = new CreationTasks({ wall: () => 0 }, (_path, { signal }) => {
      signals.push(signal as AbortSignal);
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('ended'))));
    });
    for (let i = 0; i < 10; i++) tasks.add(`/${i}`, {}, async () => {});
    assert.throws(() => tasks.add('/more', {}, async () => {}), { code: 'API_BUSY' });
    await until(() => signals.length === 1);
    assert.deepEqual(
      tasks
        .all()
        .map(({ state }) => state)
        .slice(0, 2),
      ['running', 'waiting'],
    );
    assert.equal(tasks.remove(1), true);
    await until(() => signals.length === 2);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    );
    tasks.close();
    assert.deepEqual(tasks.all(), []);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true],
    );
  });

  test('that are done are kept until there are fifty', async () => {
    const tasks = new CreationTasks({ wall: () => 0 }, () => Promise.reject(new Error('x')));
    for (let i = 0; i < 60; i++) {
      const { id } = tasks.add('/', {}, async () => {});
      await until(() => tasks.find(id)?.state === 'failed');
    }
    assert.deepEqual([tasks.all().length, tasks.all()[0]?.id], [50, 11]);
  });
});
