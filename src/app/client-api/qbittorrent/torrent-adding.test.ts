import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TorrentView } from '../../client/index.ts';
import { sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import type { Answer } from '../fakes.test.ts';
import { type Fields, Stage } from './stage.test.ts';

const hash = 'ab'.repeat(20);
const magnet = `magnet:?xt=urn:btih:${hash}&dn=linked`;
const film = sampleTorrentFile({ name: 'film.mkv' });

interface FormFile {
  readonly field: string;
  readonly bytes: Uint8Array;
}

function upload(stage: Stage, files: readonly FormFile[], fields: Fields = {}): Promise<Answer> {
  const pieces: Uint8Array[] = [];
  for (const [name, value] of Object.entries(fields)) {
    pieces.push(Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  }
  for (const { field, bytes } of files) {
    const head = `--b\r\nContent-Disposition: form-data; name="${field}"; filename="x.torrent"\r\n`;
    pieces.push(Buffer.from(`${head}Content-Type: application/x-bittorrent\r\n\r\n`), bytes, Buffer.from('\r\n'));
  }
  const body = new Uint8Array(Buffer.concat([...pieces, Buffer.from('--b--\r\n')]));
  return stage.post('torrents/add', {}, { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body });
}

const says = async (answer: Promise<Answer>): Promise<[number, string]> => {
  const { status, text } = await answer;
  return [status, text];
};

/** The only torrent there is. */
function only(stage: Stage): TorrentView {
  const [torrent, ...others] = stage.client.torrents.all();
  assert.ok(torrent !== undefined && others.length === 0);
  return torrent.view();
}

describe('torrents are added', () => {
  test('by links and hashes, a line each', async () => {
    const stage = await Stage.open();
    const urls = `${magnet}\r\n\n  ${'cd'.repeat(20)}\n${'A2'.repeat(16)}\n${'ef'.repeat(32)}`;
    assert.deepEqual(await says(stage.post('torrents/add', { urls })), [200, 'Ok.']);
    assert.equal(stage.client.torrents.size, 4);
  });

  test('by the address of a torrent file in the web', async () => {
    const stage = await Stage.open();
    const urls = 'https://example.org/a.torrent';
    assert.deepEqual(await says(stage.post('torrents/add', { urls })), [200, 'Ok.']);
    assert.deepEqual([stage.fetched, only(stage).name], [[urls], 'fetched']);
  });

  test('by such an address with cookies for it, but for those that no header can have', async () => {
    const stage = await Stage.open();
    const urls = 'https://example.org/a.torrent';
    assert.deepEqual(await says(stage.post('torrents/add', { urls, cookie: 'uid=1; pass=a' })), [200, 'Ok.']);
    assert.deepEqual(stage.fetched, [`${urls} with uid=1; pass=a`]);
    const { status } = await stage.post('torrents/add', { urls, cookie: 'a=1\r\nHost: b' });
    assert.deepEqual([status, stage.fetched.length], [400, 1]);
  });

  test('by files, whatever the fields are called', async () => {
    for (const field of ['torrents', 'file', 'fileselect[]']) {
      const stage = await Stage.open();
      const files = [
        { field, bytes: film },
        { field, bytes: sampleTorrentFile({ name: 'other' }) },
      ];
      assert.deepEqual(await says(upload(stage, files)), [200, 'Ok.'], field);
      assert.equal(stage.client.torrents.size, 2);
    }
  });

  test('or not: the answer says when nothing was, and is Ok. when something was', async () => {
    const stage = await Stage.open();
    for (const urls of ['', 'nonsense', '/etc/passwd', 'file:///etc/passwd', 'magnet:?x=y', 'http://broken.example/']) {
      assert.deepEqual(await says(stage.post('torrents/add', { urls })), [200, 'Fails.'], urls);
    }
    assert.equal(stage.client.torrents.size, 0);
    assert.deepEqual(await says(stage.post('torrents/add', { urls: `nonsense\n${magnet}` })), [200, 'Ok.']);
    // It is here already.
    assert.deepEqual(await says(stage.post('torrents/add', { urls: magnet })), [200, 'Fails.']);
    const [status, text] = await says(upload(stage, [{ field: 'torrents', bytes: Buffer.from('nonsense') }]));
    assert.equal(status, 415);
    assert.match(text, /^Error: 'x.torrent' is not a valid torrent file/);
  });

  test('unless the folder may not be used', async () => {
    const stage = await Stage.open();
    for (const savepath of ['/etc', 'films']) {
      assert.equal((await stage.post('torrents/add', { urls: magnet, savepath })).status, 409);
      assert.equal((await upload(stage, [{ field: 'torrents', bytes: film }], { savepath })).status, 409);
    }
    assert.equal(stage.client.torrents.size, 0);
  });

  test('unless the token is revoked while one of them is fetched', async () => {
    const stage = await Stage.open({
      onFetch: async (access) => {
        for (const { hash: token } of access.tokens()) await access.revokeToken(token);
      },
    });
    assert.equal((await stage.post('torrents/add', { urls: `http://192.0.2.1/a.torrent\n${magnet}` })).status, 403);
    assert.equal(stage.client.torrents.size, 0);
  });

  test('unless the form is broken', async () => {
    const stage = await Stage.open();
    const part = '--b\r\nContent-Disposition: form-data; name="urls"\r\n\r\nx';
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=b']) {
      const asked = { headers: { 'content-type': type }, body: part };
      const [status, text] = await says(stage.post('torrents/add', {}, asked));
      assert.equal(status, 400);
      assert.match(text, /^The form is broken: /);
    }
  });

  test('unless the files are larger than torrent files are', async () => {
    const stage = await Stage.open();
    const bytes = Buffer.alloc(33 * 1024 * 1024);
    assert.equal((await upload(stage, [{ field: 'torrents', bytes }])).status, 413);
  });
});

describe('what the form says', () => {
  test('keeps tags that the torrent loses later', async () => {
    const stage = await Stage.open();
    assert.deepEqual(await says(upload(stage, [{ field: 'torrents', bytes: film }], { tags: 'a,b' })), [200, 'Ok.']);
    await stage.does('torrents/removeTags', { hashes: 'all', tags: 'a' });
    assert.deepEqual(await stage.read('torrents/tags'), ['a', 'b']);
  });

  test('counts for the torrents', async () => {
    const stage = await Stage.open();
    const fields = {
      savepath: ' /media/new ',
      category: 'films',
      tags: 'a, b,a',
      rename: 'my name',
      upLimit: 1000,
      dlLimit: 2000,
      ratioLimit: 1.5,
      seedingTimeLimit: 60,
      inactiveSeedingTimeLimit: -1,
      // As .NET writes it.
      sequentialDownload: 'True',
      firstLastPiecePrio: 'true',
      skip_checking: 'true',
      stopped: 'false',
      forced: 'true',
      contentLayout: 'Original',
    };
    assert.deepEqual(await says(upload(stage, [{ field: 'torrents', bytes: film }], fields)), [200, 'Ok.']);
    const { name, savePath, settings, done, totalSize } = only(stage);
    assert.deepEqual([name, savePath, done], ['my name', '/media/new', totalSize]);
    const { bandwidthPriority: _, maxPeers: __, obeysGlobalLimits: ___, ...told } = settings;
    assert.deepEqual(told, {
      category: 'films',
      labels: ['a', 'b'],
      downloadLimit: 2000,
      uploadLimit: 1000,
      goals: { ratio: 1.5, minutes: 60, idleMinutes: 'none' },
      isSequential: true,
      isFirstLast: true,
      isSuperSeeding: false,
      isForced: true,
    });
    assert.notEqual(stage.client.categories.find('films'), null);
  });

  test('may be whether they start, in both spellings; if not, the configuration does', async () => {
    for (const [fields, startAdded, isStopped] of [
      [{ stopped: 'true' }, true, true],
      [{ paused: 'true' }, true, true],
      [{ paused: 'False' }, false, false],
      [{ stopped: 'false', paused: 'true' }, false, false],
      [{}, true, false],
      [{}, false, true],
      [{ stopped: 'undefined' }, false, true],
    ] as const) {
      const stage = await Stage.open({ config: { torrents: { startAdded } } });
      await stage.post('torrents/add', { urls: magnet, ...fields });
      assert.equal(only(stage).state === 'stopped', isStopped, JSON.stringify(fields));
    }
  });

  test('may be that they come first', async () => {
    const stage = await Stage.open();
    stage.torrent();
    await stage.post('torrents/add', { urls: magnet, addToTopOfQueue: 'true' });
    assert.equal(stage.client.torrents.all()[0]?.view().name, 'linked');
  });

  test('is the folder of the category where that is to decide', async () => {
    for (const name of ['autoTMM', 'useAutoTMM']) {
      const stage = await Stage.open();
      await stage.does('torrents/createCategory', { category: 'tv', savePath: '/media/tv' });
      await stage.post('torrents/add', { urls: magnet, category: 'tv', savepath: '/downloads/x', [name]: 'true' });
      assert.equal(only(stage).savePath, '/media/tv');
    }
  });

  test('without a category that can be made leaves it out', async () => {
    const stage = await Stage.open();
    await stage.post('torrents/add', { urls: magnet, category: 'a//b' });
    assert.equal(only(stage).settings.category, '');
  });

  test('makes its category, unless the torrent is here already', async () => {
    const stage = await Stage.open();
    await stage.post('torrents/add', { urls: magnet, category: 'tv' });
    await stage.post('torrents/add', { urls: magnet, category: 'films' });
    assert.deepEqual(
      stage.client.categories.all().map(({ name }) => name),
      ['tv'],
    );
  });

  test('may want a folder around a single file', async () => {
    const folder = sampleTorrentFile({ name: 'folder', files: { a: 1 } });
    for (const [bytes, fields, expected] of [
      [film, {}, '/downloads/film'],
      [film, { savepath: '/media' }, '/media/film'],
      [film, { category: 'tv' }, '/media/tv/film'],
      [folder, {}, '/downloads'],
    ] as const) {
      const stage = await Stage.open();
      await stage.does('torrents/createCategory', { category: 'tv', savePath: '/media/tv' });
      await upload(stage, [{ field: 'torrents', bytes }], { contentLayout: 'Subfolder', ...fields });
      assert.equal(only(stage).savePath, expected);
    }
    const stage = await Stage.open({ config: { torrents: { categoryFolders: true } } });
    await upload(stage, [{ field: 'torrents', bytes: film }], { contentLayout: 'Subfolder', category: 'tv' });
    assert.equal(only(stage).savePath, '/downloads/tv/film');
    // What cannot be had is as if it were not said.
    const other = await Stage.open();
    await upload(other, [{ field: 'torrents', bytes: film }], { contentLayout: 'NoSubfolder' });
    assert.equal(only(other).savePath, '/downloads');
  });
});
