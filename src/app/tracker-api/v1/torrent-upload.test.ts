import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildTorrent, content } from '../../../../test/conformance/build-torrent.ts';
import { toHex, utf8 } from '../../../base/bytes.ts';
import { decodeMetainfo } from '../../../codec/metainfo/index.ts';
import { nodeDigests } from '../../../crypto/digests.ts';
import { type Answer, ApiClient } from '../fakes.test.ts';

const files = [{ path: 'a', content: content(50_000, 1) }];

function build(format: 'v1' | 'v2' | 'hybrid', name = 'sample'): { bytes: Uint8Array; v1: string; v2: string } {
  const { bytes } = buildTorrent(files, { format, name });
  const { v1, v2 } = decodeMetainfo(bytes, nodeDigests).infoHashes;
  return { bytes, v1: toHex(v1 ?? new Uint8Array(0)), v2: toHex(v2?.subarray(0, 20) ?? new Uint8Array(0)) };
}

const upload = (client: ApiClient, body: Uint8Array, type = 'application/x-bittorrent'): Promise<Answer> =>
  client.ask('POST', '/torrents', { body, headers: { 'content-type': type } });

describe('a torrent file that is posted', () => {
  test('registers a v1 torrent under its info hash and name', async () => {
    const client = await ApiClient.create();
    const { bytes, v1 } = build('v1');
    const { status, json } = await upload(client, bytes);
    assert.equal(status, 200);
    assert.deepEqual(json, { infoHash: v1, aliases: [], name: 'sample' });
    const shown = (await client.ask('GET', `/torrents/${v1}`)).json;
    assert.deepEqual([shown.name, shown.isRegistered, shown.aliasOf], ['sample', true, null]);
    assert.equal(client.tracker.refreshes, 1);
  });

  test('registers a v2 torrent under its truncated info hash', async () => {
    const client = await ApiClient.create();
    const { bytes, v2 } = build('v2');
    assert.deepEqual((await upload(client, bytes)).json, { infoHash: v2, aliases: [], name: 'sample' });
    assert.equal((await client.ask('GET', `/torrents/${v2}`)).json.isRegistered, true);
  });

  test('registers a hybrid torrent under both info hashes, the second as a name of the first', async () => {
    const client = await ApiClient.create();
    const { bytes, v1, v2 } = build('hybrid');
    assert.deepEqual((await upload(client, bytes)).json, { infoHash: v1, aliases: [v2], name: 'sample' });
    assert.equal((await client.ask('GET', `/torrents/${v2}`)).json.aliasOf, v1);
    assert.equal((await client.ask('GET', `/torrents/${v1}`)).json.aliasOf, null);
  });

  test('is refused when one of its info hashes would become an alias that others lead to', async () => {
    const client = await ApiClient.create();
    const { bytes, v1, v2 } = build('hybrid');
    const other = 'ab'.repeat(20);
    await client.ask('PUT', `/torrents/${other}`, { body: { aliasOf: v2 } });
    const { status, json } = await upload(client, bytes);
    assert.deepEqual([status, json.code], [400, 'API_INVALID']);
    assert.equal((await client.ask('GET', `/torrents/${v1}`)).status, 404);
    await client.ask('PUT', `/torrents/${other}`, { body: { aliasOf: v1 } });
    assert.equal((await upload(client, bytes)).status, 200);
  });

  test('does not lift a refusal', async () => {
    const client = await ApiClient.create();
    const { bytes, v1 } = build('v1');
    await client.ask('PUT', `/torrents/${v1}`, { body: { isDenied: true } });
    await upload(client, bytes);
    assert.equal((await client.ask('GET', `/torrents/${v1}`)).json.isDenied, true);
  });

  test('may be several megabytes long', async () => {
    const client = await ApiClient.create();
    const pieces = 200_000;
    const info = `d6:lengthi${pieces * 16384}e4:name3:big12:piece lengthi16384e6:pieces${pieces * 20}:`;
    const bytes = Buffer.concat([Buffer.from(`d4:info${info}`), Buffer.alloc(pieces * 20), Buffer.from('ee')]);
    assert.equal((await upload(client, bytes)).json.name, 'big');
  });

  test('has its name stored in one line and without what controls a terminal', async () => {
    const info = utf8(
      'd4:infod6:lengthi1e4:name16:a\nb\u001b[31m\u0000<script12:piece lengthi16384e6:pieces20:01234567890123456789ee',
    );
    const { status, json } = await upload(await ApiClient.create(), info);
    assert.equal(status, 200, JSON.stringify(json));
    assert.doesNotMatch(json.name, /\p{Cc}/u);
  });

  for (const [what, bytes, code] of [
    ['no bencoding', utf8('<html>404</html>'), /^BENCODE_/],
    ['empty', new Uint8Array(0), /^(API_INVALID|API_MEDIA_TYPE|BENCODE_\w+)$/],
    ['a number', utf8('i1e'), /^METAINFO_NOT_A_DICTIONARY$/],
    ['a dictionary of something else', utf8('d1:ai1ee'), /^METAINFO_INFO_MISSING$/],
    ['cut off', build('v1').bytes.subarray(0, 100), /^BENCODE_/],
    ['as deep as it is long', utf8(`${'l'.repeat(100_000)}${'e'.repeat(100_000)}`), /^BENCODE_/],
    ['a deep dictionary', utf8(`d4:info${'d1:a'.repeat(100_000)}`), /^BENCODE_/],
    ['a string longer than the file', utf8('d4:info99999999999:x'), /^BENCODE_/],
    ['made of millions of tokens', utf8(`l${'le'.repeat(4_000_000)}e`), /^BENCODE_/],
  ] as const) {
    test(`is refused with the reason when it is ${what}`, async () => {
      const client = await ApiClient.create();
      const { status, json } = await upload(client, bytes);
      assert.equal(status, 400);
      assert.match(json.code, code);
      assert.equal(client.tracker.refreshes, 0);
    });
  }

  test('is refused when it is longer than 16 MiB', async () => {
    const { status, json } = await upload(await ApiClient.create(), new Uint8Array(16 * 1024 * 1024 + 1));
    assert.deepEqual([status, json.code], [413, 'API_TOO_LARGE']);
  });

  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'x'.repeat(1000)]) {
    test(`is refused as ${type.slice(0, 40)}`, async () => {
      const { status, json, headers } = await upload(await ApiClient.create(), build('v1').bytes, type);
      assert.deepEqual([status, json.code], [415, 'API_MEDIA_TYPE']);
      assert.equal(headers['accept'], 'application/x-bittorrent');
      assert.match(json.detail, /with the header Content-Type: application\/x-bittorrent$/);
    });
  }

  test('is asked for where there is none', async () => {
    const { status, json } = await (await ApiClient.create()).ask('POST', '/torrents');
    assert.deepEqual([status, json.code], [400, 'API_INVALID']);
    assert.match(
      json.detail,
      /send a torrent file as the body, with the header Content-Type: application\/x-bittorrent/,
    );
  });

  test('is taken at no other route', async () => {
    const client = await ApiClient.create();
    const headers = { 'content-type': 'application/x-bittorrent' };
    const { status } = await client.ask('POST', '/accounts', { body: build('v1').bytes, headers });
    assert.equal(status, 415);
  });
});
