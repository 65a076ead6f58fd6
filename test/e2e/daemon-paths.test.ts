/** Paths that callers name over the APIs of other programs: none leads out of the folders that may be used. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testTorrent } from '../sim/test-torrent.ts';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { diskTorrent } from './disk-torrent.ts';

/** What a call was answered with; `refusal` is null when it did what it was asked for. */
interface Told {
  readonly refusal: string | null;
  readonly text: string;
}

class Caller {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor({ url, login: { name, password } }: DaemonProcess) {
    this.#url = url;
    this.#headers = { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
  }

  async transmission(method: string, args: object): Promise<Told> {
    const body = JSON.stringify({ method, arguments: args });
    const answer = await fetch(`${this.#url}/transmission/rpc`, { method: 'POST', headers: this.#headers, body });
    const id = answer.headers.get('x-transmission-session-id') ?? '';
    if (answer.status === 409 && this.#headers['x-transmission-session-id'] !== id) {
      this.#headers['x-transmission-session-id'] = id;
      return await this.transmission(method, args);
    }
    const text = await answer.text();
    const { result } = JSON.parse(text) as { readonly result: string };
    return { refusal: result === 'success' ? null : result, text };
  }

  /** What has a file goes as a form with files. */
  async qbittorrent(path: string, fields: Readonly<Record<string, string | Blob>>): Promise<Told> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const hasFile = Object.values(fields).some((value) => value instanceof Blob);
    const body = hasFile ? form : new URLSearchParams(fields as Record<string, string>);
    const answer = await fetch(`${this.#url}/api/v2/${path}`, { method: 'POST', headers: this.#headers, body });
    const text = await answer.text();
    return { refusal: answer.ok ? null : text, text };
  }
}

/** All say so of what is no path here or leads elsewhere. */
const REFUSED = /no absolute path|not absolute|Invalid directory path|outside of the folders that may be used/;
const BAD_NAME = /is not a name that every system can have|Only the last part of a path can be changed/;

test('a path that leads out of the folders is refused in each call of Transmission and qBittorrent that takes one', async () => {
  await using scratch = await scratchFolder();
  const outside = join(scratch.path, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'untouched');
  const torrent = await diskTorrent(join(scratch.path, 'downloads'), { files: [10, 10], name: 'it' });
  const [one, another] = [2, 3].map((seed) => Buffer.from(testTorrent({ seed }).bytes)) as [
    Buffer<ArrayBuffer>,
    Buffer<ArrayBuffer>,
  ];
  await mkdir(join(scratch.path, 'config/dst'), { recursive: true });
  const folder = JSON.stringify(join(scratch.path, 'downloads'));
  await writeFile(join(scratch.path, 'config/dst/config.toml'), `downloads = ${folder}\n[api]\nroots = [${folder}]\n`);
  await using daemon = await DaemonProcess.start(scratch.path, { fixesDownloads: false });
  const { downloads } = daemon;
  await symlink(outside, join(downloads, 'link'));
  const inside = join(downloads, 'inside');
  await mkdir(inside);
  const body = { torrent: Buffer.from(torrent.bytes).toString('base64') };
  await daemon.api('/torrents', { method: 'POST', body });
  const before = await daemon.untilState(torrent.infoHash, 'seeding');
  const hash = torrent.infoHash;
  const ids = [hash];
  const caller = new Caller(daemon);
  const t = caller.transmission.bind(caller);
  const q = caller.qbittorrent.bind(caller);

  const folders: Readonly<Record<string, (path: string) => Promise<Told>>> = {
    'torrent-add': (path) => t('torrent-add', { metainfo: one.toString('base64'), 'download-dir': path, paused: true }),
    'torrent-set-location with a move': (path) => t('torrent-set-location', { ids, location: path, move: true }),
    'torrent-set-location': (path) => t('torrent-set-location', { ids, location: path, move: false }),
    'torrent-set': (path) => t('torrent-set', { ids, location: path }),
    'free-space': (path) => t('free-space', { path }),
    'session-set download-dir': (path) => t('session-set', { 'download-dir': path }),
    'session-set incomplete-dir': (path) =>
      t('session-set', { 'incomplete-dir': path, 'incomplete-dir-enabled': true }),
    'torrents/add': (path) => q('torrents/add', { torrents: new Blob([another]), savepath: path, stopped: 'true' }),
    'torrents/setLocation': (path) => q('torrents/setLocation', { hashes: hash, location: path }),
    'torrents/setSavePath': (path) => q('torrents/setSavePath', { id: hash, path }),
    'torrents/createCategory': (path) => q('torrents/createCategory', { category: 'new', savePath: path }),
    'torrents/editCategory': (path) => q('torrents/editCategory', { category: 'old', savePath: path }),
    'app/setPreferences save_path': (path) => q('app/setPreferences', { json: JSON.stringify({ save_path: path }) }),
    'app/setPreferences temp_path': (path) =>
      q('app/setPreferences', { json: JSON.stringify({ temp_path: path, temp_path_enabled: true }) }),
    'app/getDirectoryContent': (path) => q('app/getDirectoryContent', { dirPath: path }),
  };
  await q('torrents/createCategory', { category: 'old' });
  const settings = await readSettings();
  for (const [call, ask] of Object.entries(folders)) {
    for (const path of [
      outside,
      `${outside}/new`,
      `${downloads}/../outside`,
      `${downloads}/inside/../../outside/new`,
      `${downloads}/link`,
      `${downloads}/link/new`,
      `${downloads}/link/../../outside`,
      `${downloads}-beside`,
      '/',
      '/etc',
      'inside',
      '../outside',
      '~',
      `file://${inside}`,
      `${inside}\0`,
      `${inside}\0/../../../outside`,
    ]) {
      const { refusal, text } = await ask(path);
      assert.match(refusal ?? '', REFUSED, `${call} ${JSON.stringify(path)}`);
      assert.doesNotMatch(text, /secret/, call);
    }
  }

  const names: Readonly<Record<string, (name: string) => Promise<Told>>> = {
    'torrent-rename-path': (name) => t('torrent-rename-path', { ids, path: 'it/file-0000', name }),
    'torrent-rename-path of the folder': (name) => t('torrent-rename-path', { ids, path: 'it', name }),
    'torrents/renameFile': (name) => q('torrents/renameFile', { hash, oldPath: 'it/file-0000', newPath: `it/${name}` }),
    'torrents/renameFolder': (name) => q('torrents/renameFolder', { hash, oldPath: 'it', newPath: name }),
  };
  for (const [call, ask] of Object.entries(names)) {
    for (const name of ['..', '.', '../x', '../../outside/x', `${outside}/x`, '/x', 'a/b', 'link/x', 'x\0', '']) {
      const { refusal } = await ask(name);
      assert.match(refusal ?? '', BAD_NAME, `${call} ${JSON.stringify(name)}`);
    }
  }
  for (const path of [
    '../outside/secret',
    '..',
    '.',
    `${outside}/secret`,
    'it/../../outside/secret',
    'link/secret',
    '',
  ]) {
    for (const told of [
      await t('torrent-rename-path', { ids, path, name: 'x' }),
      await q('torrents/renameFile', { hash, oldPath: path, newPath: path.replace(/[^/]*$/, 'x') }),
      await q('torrents/renameFolder', { hash, oldPath: path, newPath: path.replace(/[^/]*$/, 'x') }),
    ]) {
      assert.ok(told.refusal !== null, `renamed ${JSON.stringify(path)}`);
    }
  }

  // Nothing has come of it.
  assert.deepEqual(await readdir(outside), ['secret']);
  assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'untouched');
  assert.deepEqual(await readdir(inside), []);
  assert.deepEqual(
    (await daemon.torrents()).map(({ savePath }) => savePath),
    [before['savePath']],
  );
  assert.deepEqual(await readSettings(), settings);

  // It was because of the paths.
  for (const [call, ask] of Object.entries(folders)) {
    // A torrent on its way takes no other one.
    await daemon.until(
      `taken: ${call}`,
      () => ask(inside),
      ({ refusal }) => refusal === null,
    );
  }

  async function readSettings(): Promise<unknown> {
    return [await daemon.api('/categories'), await daemon.api('/settings')];
  }
});
