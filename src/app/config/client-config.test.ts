import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
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

test('no folder is watched in which torrents are saved, nor the one around it', async () => {
  const places = { DST_DOWNLOADS: '/d/all', DST_INCOMPLETE: '/d/part', DST_API_ROOTS: '/films' };
  for (const watch of ['/d/all', '/d/all/watched', '/d/part/x', '/films/x/y', '/d', '/']) {
    await isRefused({ ...places, DST_TORRENTS_WATCH: watch }, /torrents\.watch.*is where torrents are saved/);
  }
  const watch = ['/watched', '/d/all2', '/d/..all', '/other/films'];
  const { value } = await loadConfig(clientConfig, { env: { ...places, DST_TORRENTS_WATCH: watch.join() } });
  assert.deepEqual(value.torrents.watch, watch);
});
