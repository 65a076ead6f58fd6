import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Metainfo } from '../../../codec/metainfo/index.ts';
import { smallTorrent } from '../fakes.test.ts';
import { decodeLight } from './kept-metainfo.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function read(): { metainfo: Metainfo; memory: WeakRef<ArrayBufferLike> } {
  const bytes = smallTorrent(1).bytes.slice();
  const metainfo = decodeLight({ kind: 'torrent', bytes }, (kind) => ({ kind, bytes: smallTorrent(1).bytes }));
  return { metainfo, memory: new WeakRef(bytes.buffer) };
}

test('a light torrent keeps nothing of the file that it was read from', async () => {
  const { metainfo, memory } = read();
  await new Promise(setImmediate); // what a weak reference was made of stays until the end of the turn
  collect();
  assert.equal(memory.deref(), undefined);
  assert.deepEqual(metainfo.info.raw, smallTorrent(1).metainfo.info.raw);
});
