import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from './stage.test.ts';

test('the answer 409 says that JSON-RPC is spoken, as does the session in that dialect alone', async () => {
  const stage = await Stage.open();
  const { headers } = await stage.send({});
  assert.equal(headers['x-transmission-rpc-version'], '6.0.1');
  assert.equal((await stage.send({}, stage.headers)).headers['x-transmission-rpc-version'], undefined);
  const fields = ['rpc_version_semver', 'rpc_version', 'encryption'];
  await stage.client.settings.set({ 'peers.encryption': 'plaintext' });
  assert.deepEqual(await stage.rpc({ jsonrpc: '2.0', method: 'session_get', params: { fields }, id: 1 }), {
    jsonrpc: '2.0',
    id: 1,
    result: { rpc_version_semver: '6.0.1', rpc_version: 19, encryption: 'allowed' },
  });
  assert.deepEqual(await stage.call('session-get', { fields: ['rpc-version-semver', 'rpc-version', 'encryption'] }), {
    'rpc-version-semver': '5.3.0',
    'rpc-version': 17,
    encryption: 'tolerated',
  });
});

test('wanted is a list of booleans in JSON-RPC, of numbers before', async () => {
  const stage = await Stage.open();
  stage.torrent();
  const params = { fields: ['wanted'] };
  const { result } = (await stage.rpc({ jsonrpc: '2.0', method: 'torrent_get', params, id: 1 })) as {
    result: unknown;
  };
  assert.deepEqual(result, { torrents: [{ wanted: [true] }] });
  assert.deepEqual(await stage.call('torrent-get', params), { torrents: [{ wanted: [1] }] });
});

test('a batch of JSON-RPC is done in its order, and answered but for notifications', async () => {
  const stage = await Stage.open();
  const torrent = stage.torrent();
  const request = (method: string, id?: number): object => ({ jsonrpc: '2.0', method, ...(id && { id }) });
  const answers = (await stage.rpc([
    request('torrent_stop'),
    { ...request('torrent_get', 1), params: { fields: ['status'] } },
    request('nonsense', 2),
    { method: 'session-get' },
    7,
  ])) as { id: unknown; result?: unknown; error?: { code: number } }[];
  assert.equal(torrent.view().state, 'stopped');
  assert.deepEqual(
    answers.map(({ id, result, error }) => [id, result ?? error?.code]),
    [
      [1, { torrents: [{ status: 0 }] }],
      [2, -32_601],
      [null, -32_600],
      [null, -32_600],
    ],
  );
  assert.equal((await stage.send([request('torrent_start')], stage.headers)).statusCode, 204);
  for (const wrong of [[], Array.from({ length: 101 }, () => request('torrent_start', 1))]) {
    assert.equal(((await stage.rpc(wrong)) as { error: { code: number } }).error.code, -32_600);
  }
});

test('whose user goes while a torrent is fetched adds nothing any more, nor does the rest of the batch', async () => {
  const stage = await Stage.open('oscar');
  const torrent = stage.torrent();
  stage.onFetch = (access) => access.removeUser('oscar');
  const answers = (await stage.rpc([
    { jsonrpc: '2.0', method: 'torrent_add', id: 1, params: { filename: 'http://192.0.2.1/a.torrent' } },
    { jsonrpc: '2.0', method: 'torrent_stop', id: 2 },
  ])) as { error?: { code: number } }[];
  assert.deepEqual(
    answers.map(({ error }) => error?.code),
    [5, 5],
  );
  assert.deepEqual([stage.client.torrents.size, torrent.view().state === 'stopped'], [1, false]);
});

test('long lists of a batch are whole', async () => {
  const stage = await Stage.open();
  for (let i = 0; i < 250; i++) stage.torrent(`t${i}`);
  const one = { jsonrpc: '2.0', method: 'torrent_get', params: { fields: ['id'] } };
  const answers = (await stage.rpc([1, 2].map((id) => ({ ...one, id })))) as {
    id: number;
    result: { torrents: object[] };
  }[];
  assert.deepEqual(
    answers.map(({ id, result }) => [id, result.torrents.length]),
    [
      [1, 250],
      [2, 250],
    ],
  );
});

test('JSON-RPC has names in snake_case, errors with their words, and no answer to notifications', async () => {
  const stage = await Stage.open();
  const { hash } = stage.torrent();
  const params = { fields: ['hash_string', 'file_stats'], ids: 'recently_active' };
  assert.deepEqual(await stage.rpc({ jsonrpc: '2.0', method: 'torrent_get', params, id: 'a' }), {
    jsonrpc: '2.0',
    id: 'a',
    result: {
      torrents: [{ hash_string: hash, file_stats: [{ bytes_completed: 0, wanted: true, priority: 0 }] }],
      removed: [],
    },
  });
  assert.deepEqual(await stage.rpc({ jsonrpc: '2.0', method: 'free_space', params: { path: 'x' }, id: 1 }), {
    jsonrpc: '2.0',
    id: 1,
    error: {
      code: 3,
      message: 'Path is not absolute',
      data: { error_string: 'directory path is not absolute' },
    },
  });
});
