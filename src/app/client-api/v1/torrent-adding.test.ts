import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { type Answer, ApiClient, type Asked } from '../fakes.test.ts';

const file = sampleTorrentFile({ name: 'film', files: { 'a.mkv': 100_000, 'b.txt': 5 } });
const base64 = Buffer.from(file).toString('base64');
const hash = 'ab'.repeat(20);

interface Part {
  readonly name: string;
  readonly file?: string;
  readonly value: string | Uint8Array;
}

function form(parts: readonly Part[]): { readonly headers: Record<string, string>; readonly body: Uint8Array } {
  const pieces = parts.flatMap(({ name, file: filename, value }) => {
    const extra = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/x-bittorrent`;
    const head = `--b\r\nContent-Disposition: form-data; name="${name}"${extra}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value as string), Buffer.from('\r\n')];
  });
  const body = new Uint8Array(Buffer.concat([...pieces, Buffer.from('--b--\r\n')]));
  return { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body };
}

type Way = readonly [path: string, asked: Asked];

const bare = (query: string, body: Uint8Array = file): Way => [
  `/torrents${query}`,
  { headers: { 'content-type': 'application/x-bittorrent' }, body },
];

const added = ({ status, json }: Answer): unknown[] => [status, json.torrent?.name, json.isDuplicate];

describe('a torrent', () => {
  test('is added by its magnet link, or its info hash', async () => {
    const api = await ApiClient.create();
    const link = `magnet:?xt=urn:btih:${hash}&dn=one`;
    const answer = await api.ask('POST', '/torrents', { body: { magnet: link } });
    assert.deepEqual(added(answer), [201, 'one', false]);
    assert.equal(answer.headers['location'], `/api/v1/torrents/${hash}`);
    for (const text of [hash.toUpperCase(), 'a'.repeat(64), 'A2'.repeat(16)]) {
      const { status } = await api.ask('POST', '/torrents', { body: { magnet: text } });
      assert.ok(status === 200 || status === 201);
    }
  });

  test('is added by its file: as base64, in a form, or as bare bytes', async () => {
    for (const asked of [
      ['/torrents', { body: { torrent: base64 } }],
      ['/torrents', form([{ name: 'torrents', file: 'x.torrent', value: file }])],
      bare(''),
    ] as readonly Way[]) {
      const api = await ApiClient.create();
      assert.deepEqual(added(await api.ask('POST', ...asked)), [201, 'film', false]);
      assert.deepEqual(added(await api.ask('POST', ...asked)), [200, 'film', true]);
      assert.equal(api.client.torrents.size, 1);
    }
  });

  test('is added as the request says, in each of the ways', async () => {
    const settings = { category: 'films', labels: ['a', 'b'], uploadLimit: 1000, goals: { ratio: 2 } };
    const fields: Part[] = [
      { name: 'savePath', value: '/media/films' },
      { name: 'isStopped', value: 'true' },
      { name: 'settings', value: JSON.stringify({ uploadLimit: 1000, goals: { ratio: 2 } }) },
      { name: 'category', value: 'films' },
      { name: 'labels', value: 'a,b' },
      { name: 'select', value: '[0]' },
      { name: 'file', file: 'x', value: file },
    ];
    const query = new URLSearchParams(
      fields.slice(0, -1).map(({ name, value }): [string, string] => [name, String(value)]),
    );
    for (const asked of [
      ['/torrents', { body: { torrent: base64, savePath: '/media/films', isStopped: true, settings, select: [0] } }],
      ['/torrents', form(fields)],
      bare(`?${query.toString()}`),
    ] as readonly Way[]) {
      const api = await ApiClient.create();
      assert.equal((await api.ask('POST', ...asked)).status, 201);
      const [torrent] = api.client.torrents.all();
      const view = torrent?.view();
      assert.deepEqual([view?.savePath, view?.state], ['/media/films', 'stopped']);
      assert.deepEqual(view?.settings.labels, ['a', 'b']);
      assert.equal(view?.settings.uploadLimit, 1000);
      assert.deepEqual(view?.settings.goals, { ratio: 2, minutes: 'default', idleMinutes: 'default' });
      assert.deepEqual(
        torrent?.files().map(({ priority }) => priority),
        [4, 0],
      );
    }
  });

  test('gets priorities, trackers, peers and its place in the queue', async () => {
    const api = await ApiClient.create();
    api.client.torrents.addSample();
    const body = {
      torrent: base64,
      priorities: { 1: 7 },
      trackers: [['udp://t.example:1']],
      peers: ['192.0.2.1:5', '127.0.0.1:5', '[2001:db8::1]:6'],
      isFirst: true,
      name: 'other',
    };
    const { status, json } = await api.ask('POST', '/torrents', { body });
    assert.deepEqual([status, json.refused], [201, [{ peer: '127.0.0.1:5', reason: 'not in `api.privateRanges`' }]]);
    const [torrent] = api.client.torrents.all();
    assert.deepEqual([torrent?.view().name, torrent?.view().trackerCount], ['other', 2]);
    assert.equal(torrent?.files()[1]?.priority, 7);
    assert.deepEqual(torrent?.calls, ['peers 192.0.2.1:5,[2001:db8::1]:6']);
  });

  for (const [what, body] of [
    ['nothing', {}],
    ['two sources', { magnet: hash, torrent: base64 }],
    ['an address of the web', { magnet: 'http://192.0.2.1/x.torrent' }],
    ['a path of the machine', { magnet: '/etc/passwd' }],
    ['an address of a file', { magnet: 'file:///etc/passwd' }],
    ['what is no base64', { torrent: '%%%' }],
    ['what is no torrent', { torrent: Buffer.from('hello').toString('base64') }],
    ['a key that nobody knows', { magnet: hash, isAdmin: true }],
    ['a priority that there is not', { torrent: base64, priorities: { 0: 8 } }],
    ['a prototype as a file', { torrent: base64, priorities: { constructor: 1 } }],
    ['a peer without a port', { magnet: hash, peers: ['192.0.2.1'] }],
    ['a limit below none', { magnet: hash, settings: { uploadLimit: -1 } }],
    ['a label in two lines', { magnet: hash, settings: { labels: ['a\nb'] } }],
  ] as const) {
    test(`is not added of ${what}`, async () => {
      const api = await ApiClient.create();
      const { status, json } = await api.ask('POST', '/torrents', { body });
      assert.equal(status, 400);
      assert.match(json.code, /^(API_INVALID|BENCODE_|METAINFO_)/);
      assert.equal(api.client.torrents.size, 0);
    });
  }

  test('is not added to a folder that callers may not name', async () => {
    const api = await ApiClient.create();
    for (const savePath of ['/etc', '/downloads/../etc', 'downloads', '/downloads/../../etc/cron.d', '/media\0/etc']) {
      const { status, json } = await api.ask('POST', '/torrents', { body: { magnet: hash, savePath } });
      assert.deepEqual([status, json.code], [403, 'CLIENT_PATH_REFUSED'], savePath);
    }
  });

  for (const [what, asked] of [
    [
      'with two files',
      form([
        { name: 'a', file: 'a', value: file },
        { name: 'b', file: 'b', value: file },
      ]),
    ],
    [
      'with a field twice',
      form([
        { name: 'name', value: 'a' },
        { name: 'name', value: 'b' },
        { name: 'f', file: 'f', value: file },
      ]),
    ],
    ['with more fields than there are', form(Array.from({ length: 100 }, (_, i) => ({ name: `f${i}`, value: '1' })))],
    [
      'with a field without end',
      form([
        { name: 'name', value: 'x'.repeat(300_000) },
        { name: 'f', file: 'f', value: file },
      ]),
    ],
    [
      'with a field named __proto__',
      form([
        { name: '__proto__', value: '{}' },
        { name: 'f', file: 'f', value: file },
      ]),
    ],
    [
      'with a field that is no JSON',
      form([
        { name: 'isStopped', value: 'yes' },
        { name: 'f', file: 'f', value: file },
      ]),
    ],
    ['without a file', form([{ name: 'isStopped', value: 'true' }])],
    ['without an end', { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: '--b\r\nContent-Disp' }],
    ['without a boundary', { headers: { 'content-type': 'multipart/form-data' }, body: 'x' }],
  ] as const) {
    test(`is not added of a form ${what}`, async () => {
      const api = await ApiClient.create();
      const { status, headers } = await api.ask('POST', '/torrents', asked);
      assert.ok(status >= 400 && status < 500, String(status));
      assert.match(headers['content-type'] ?? '', /problem\+json/);
      assert.equal(api.client.torrents.size, 0);
    });
  }

  test('is not read to its end when it is larger than any', async () => {
    const api = await ApiClient.create();
    const huge = new Uint8Array(33 * 1024 * 1024);
    const { status, json } = await api.ask('POST', '/torrents', form([{ name: 'f', file: 'f', value: huge }]));
    assert.deepEqual([status, json.code], [413, 'API_TOO_LARGE']);
    const long = new Uint8Array(45 * 1024 * 1024);
    assert.equal((await api.ask('POST', ...bare('', long))).status, 413);
  });
});
