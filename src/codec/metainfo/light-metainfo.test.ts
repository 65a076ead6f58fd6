import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nodeDigests } from '../../crypto/digests.ts';
import { encode } from '../bencode/index.ts';
import { decodeMetainfo } from './decode.ts';
import { lightMetainfo } from './light-metainfo.ts';
import type { Metainfo } from './metainfo.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const file = encode({
  announce: 'http://tracker.example/announce',
  info: { length: 40_000, name: 'a', 'piece length': 16_384, pieces: new Uint8Array(60).fill(7), private: 1 },
});
const decoded = (): Metainfo => decodeMetainfo(file, nodeDigests);

test('a light torrent tells the same as the torrent', () => {
  const whole = decoded();
  const light = lightMetainfo(whole, decoded);
  for (const key of Object.keys(whole.info) as (keyof Metainfo['info'])[]) {
    assert.deepEqual(light.info[key], whole.info[key], key);
  }
  assert.deepEqual({ ...light, info: null }, { ...whole, info: null });
});

test('its large parts are read again when they were let go of, once for all who need them', async () => {
  let reads = 0;
  const light = lightMetainfo(decoded(), () => {
    reads++;
    return decoded();
  });
  await new Promise(setImmediate); // what a weak reference has shown stays until the end of the turn
  collect();
  assert.deepEqual(light.info.pieces, new Uint8Array(60).fill(7));
  assert.deepEqual(light.info.raw, decoded().info.raw);
  assert.equal(reads, 1);
});

test('they stay for as long as somebody has them', async () => {
  const whole = decoded();
  const light = lightMetainfo(whole, () => assert.fail('read again'));
  await new Promise(setImmediate);
  collect();
  assert.equal(light.info.raw, whole.info.raw);
});
