/** BEP 27 (private torrents) and BEP 38 (hints about local data). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { encode, type Encodable } from '../bencode/index.ts';
import { decodeMetainfo } from './decode.ts';
import type { Metainfo } from './metainfo.ts';

const torrent = (infoKeys: Record<string, Encodable>, keys: Record<string, Encodable> = {}): Metainfo =>
  decodeMetainfo(
    encode({ info: { name: 'n', length: 1, 'piece length': 16384, pieces: new Uint8Array(20), ...infoKeys }, ...keys }),
    nodeDigests,
  );

test('private=1 in the info makes a torrent private; beside the info it means nothing', () => {
  assert.equal(torrent({ private: 1 }).info.isPrivate, true);
  assert.equal(torrent({ private: 0 }).info.isPrivate, false);
  assert.equal(torrent({}).info.isPrivate, false);
  assert.equal(torrent({}, { private: 1 }).info.isPrivate, false);
});

test('a strange value keeps a torrent private rather than leaking it', () => {
  assert.equal(torrent({ private: 2 }).info.isPrivate, true);
  assert.equal(torrent({ private: '1' }).info.isPrivate, true);
});

test('private and source change the info hash', () => {
  const hashes = [{}, { private: 1 }, { source: 'a' }, { source: 'b' }].map((keys) =>
    toHex(torrent(keys).infoHashes.v1 as Uint8Array),
  );
  assert.equal(new Set(hashes).size, 4);
  assert.equal(torrent({ source: 'a' }).info.source, 'a');
});

test('similar torrents and collections merge from inside and beside the info', () => {
  const [a, b, c] = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2), new Uint8Array(32).fill(3)];
  const { similar, collections } = torrent(
    { similar: [a, b, new Uint8Array(19)], collections: ['x', 'y', 5] },
    { similar: [b, c, 7], collections: ['y', 'z'] },
  );
  assert.deepEqual(similar, [a, b, c]);
  assert.deepEqual(collections, ['x', 'y', 'z']);
  assert.deepEqual(torrent({}).similar, []);
});
