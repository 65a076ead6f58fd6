import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { clientConfig, type ClientConfig } from './client-config.ts';
import { loadConfig } from './load-config.ts';

const peersOf = async (env: Record<string, string>): Promise<ClientConfig['peers']> =>
  (await loadConfig(clientConfig, { env })).value.peers;
const isRefused = (env: Record<string, string>, message: RegExp): Promise<void> =>
  assert.rejects(loadConfig(clientConfig, { env }), { code: 'CONFIG_INVALID', message });

test('torrents are bound to an interface, and its name servers, when they are named', async () => {
  const none = await peersOf({});
  assert.deepEqual([none.interface, none.nameServers], [null, []]);
  const { interface: name, nameServers } = await peersOf({
    DST_PEERS_INTERFACE: 'wg0',
    DST_PEERS_NAME_SERVERS: '10.8.0.1, FD00:0::1',
  });
  assert.deepEqual([name, nameServers], ['wg0', ['10.8.0.1', 'fd00::1']]);
});

test('what cannot be the name of an interface, or of a name server, is refused', async () => {
  for (const name of ['a/b', 'sixteen-letters.']) await isRefused({ DST_PEERS_INTERFACE: name }, /interface/i);
  await isRefused({ DST_PEERS_INTERFACE: 'wg0', DST_PEERS_NAME_SERVERS: 'dns.example' }, /name.?servers/i);
});

test('an interface and addresses to bind exclude each other; name servers are for an interface', async () => {
  await isRefused({ DST_PEERS_INTERFACE: 'wg0', DST_PEERS_BIND: '10.8.0.2' }, /peers\.interface says it already/);
  await isRefused({ DST_PEERS_NAME_SERVERS: '10.8.0.1' }, /for peers\.interface, which is not set/);
});

test('spaces belong to the name of a folder', async () => {
  const folderOf = async (text: string): Promise<string> =>
    (await loadConfig(clientConfig, { env: { DST_DOWNLOADS: text } })).value.downloads;
  assert.equal(await folderOf('/media/.. '), '/media/.. ');
  assert.equal(await folderOf('/media/x/..'), '/media');
  assert.equal(await folderOf('~/my films '), join(homedir(), 'my films '));
});

test('a path that the file says is relative to its folder; one of the environment to where the program runs', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.toml');
  await writeFile(
    file,
    `downloads = "films"
incomplete = "~/part"
data = "/srv/dst"
database = "dst.db"
[api]
roots = ["films", "../media"]
tlsCert = "tls/cert.pem"
tlsKey = "~/key.pem"
[torrents]
onComplete = "./done.sh"
`,
  );
  const env = { DST_PEERS_BLOCKLIST: 'block.txt' };
  const { downloads, incomplete, data, database, api, peers, torrents } = (
    await loadConfig(clientConfig, { file, env })
  ).value;
  assert.deepEqual(
    [downloads, incomplete, data, database],
    [join(folder, 'films'), join(homedir(), 'part'), '/srv/dst', join(folder, 'dst.db')],
  );
  assert.deepEqual(
    [api.roots, api.tlsCert, api.tlsKey],
    [[join(folder, 'films'), resolve(folder, '../media')], join(folder, 'tls/cert.pem'), join(homedir(), 'key.pem')],
  );
  assert.deepEqual([peers.blocklist, torrents.onComplete], [resolve('block.txt'), join(folder, 'done.sh')]);
});

test('the address of a database is no path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.toml');
  for (const database of ['postgres://me@db.example/dst', 'sqlite:/srv/dst.db', ':memory:']) {
    await writeFile(file, `database = "${database}"\n`);
    assert.equal((await loadConfig(clientConfig, { file })).value.database, database);
  }
});

test('no folder is watched in which torrents are saved, nor the one around it', async () => {
  const places = { DST_DOWNLOADS: '/d/all', DST_INCOMPLETE: '/d/part', DST_API_ROOTS: '/films' };
  for (const watch of ['/d/all', '/d/all/watched', '/d/part/x', '/films/x/y', '/d', '/']) {
    await isRefused({ ...places, DST_TORRENTS_WATCH: watch }, /torrents\.watch.*is where torrents are saved/);
  }
  const watch = ['/watched', '/d/all2', '/d/..all', '/other/films'];
  const { value } = await loadConfig(clientConfig, { env: { ...places, DST_TORRENTS_WATCH: watch.join() } });
  assert.deepEqual(value.torrents.watch, watch);
});
