import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readU32 } from '../../base/bytes.ts';
import type { BlockRange } from '../../codec/wire/index.ts';
import type { PoolBuffer } from '../../storage/index.ts';
import { UploadQueue } from './upload-queue.ts';

/** A port with one piece size, whose reads fill each run with the low byte of its offset. */
function setUp(options: { room?: number; memory?: number; failing?: boolean } = {}) {
  const sent: Uint8Array[] = [];
  const finish: (() => void)[] = [];
  const failed: BlockRange[] = [];
  const state = { room: options.room ?? Number.POSITIVE_INFINITY, buffers: options.memory ?? 100, charged: 0 };
  const queue = new UploadQueue(
    {
      takeBuffer(size): PoolBuffer | null {
        if (state.buffers === 0) return null;
        state.buffers--;
        return { id: 0, bytes: new Uint8Array(size), release: () => void state.buffers++ };
      },
      async read(into, runs) {
        if (options.failing === true) throw new Error('disk');
        for (const run of runs) into.bytes.fill(run.offset & 0xff, run.at, run.at + run.length);
      },
      send(bytes, done) {
        sent.push(bytes.slice());
        finish.push(done);
      },
      pieceOffset: (piece) => piece * 32768,
      padSize: () => 0,
      room: () => state.room,
      charge: (bytes) => {
        state.charged += bytes;
        state.room -= bytes;
      },
      failed: (requests) => void failed.push(...requests),
    },
    0,
  );
  return { queue, sent, finish, failed, state };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('requests leave as piece messages in one write', async () => {
  const { queue, sent } = setUp();
  queue.push(1, 5, 100);
  queue.push(2, 7, 50);
  queue.pump(() => 0);
  await settle();
  assert.equal(sent.length, 1);
  const [bytes] = sent as [Uint8Array];
  assert.equal(bytes.length, 13 + 100 + 13 + 50);
  assert.deepEqual([readU32(bytes, 0), bytes[4], readU32(bytes, 5), readU32(bytes, 9), bytes[13]], [109, 7, 1, 5, 5]);
  assert.deepEqual([readU32(bytes, 113), readU32(bytes, 118), readU32(bytes, 122), bytes[126]], [59, 2, 7, 7]);
});

test('at most three batches are under way, the rest waits and can be taken back', async () => {
  const { queue, finish } = setUp();
  for (let i = 0; i < 20; i++) queue.push(i, 0, 16384);
  queue.pump(() => 0);
  await settle();
  assert.equal(finish.length, 3);
  assert.equal(queue.length, 17);
  assert.equal(queue.cancel(19, 0, 16384), true);
  assert.equal(queue.cancel(0, 0, 16384), false, 'it has left');
  assert.deepEqual(
    queue.clear().map(({ piece }) => piece),
    Array.from({ length: 16 }, (_, i) => 3 + i),
  );
});

test('what was charged and has not left is known, also when it cannot be read', async () => {
  const { queue, finish, state } = setUp();
  for (let i = 0; i < 2; i++) queue.push(i, 0, 16384);
  queue.pump(() => 0);
  assert.deepEqual([queue.unsent, state.charged], [32_768, 32_768], 'it is being read');
  await settle();
  assert.equal(queue.unsent, 32_768);
  finish.shift()?.();
  assert.equal(queue.unsent, 16_384);
  finish.shift()?.();
  assert.equal(queue.unsent, 0);
  const broken = setUp({ failing: true });
  broken.queue.push(0, 0, 16384);
  broken.queue.pump(() => 0);
  await settle();
  assert.deepEqual([broken.queue.unsent, broken.failed.length], [0, 1]);
});

test('only what was asked for can be taken back', async () => {
  const { queue } = setUp();
  queue.push(0, 32768, 16384);
  assert.equal(queue.cancel(0, 32768, 16383), false, 'another length');
  assert.equal(queue.cancel(1, 0, 16384), false, 'the same byte, named as if it were in the next piece');
  assert.equal(queue.cancel(0, 32768, 16384), true);
  assert.equal(queue.length, 0);
});

test('what is asked for twice and taken back once is sent once', async () => {
  const { queue, sent } = setUp();
  for (let i = 0; i < 2; i++) queue.push(0, 0, 100);
  assert.equal(queue.cancel(0, 0, 100), true);
  queue.pump(() => 0);
  await settle();
  assert.deepEqual([sent.length, sent[0]?.length], [1, 113]);
});

test('a peer that takes its batches quickly gets larger ones', async () => {
  const { queue, sent, finish } = setUp();
  for (let i = 0; i < 200; i++) queue.push(i, 0, 16384);
  queue.pump(() => 0);
  for (let i = 0; i < 40; i++) {
    await settle();
    finish.shift()?.();
  }
  const largest = Math.max(...sent.map(({ length }) => length));
  assert.equal(largest, 64 * (16384 + 13));
});

test('no more leaves than the rate limit has room for', async () => {
  const { queue, sent, finish, state } = setUp({ room: 20_000 });
  for (let i = 0; i < 4; i++) queue.push(i, 0, 16384);
  queue.pump(() => 0);
  await settle();
  assert.equal(state.charged, 2 * 16384, 'the second block overdraws, then it waits');
  for (const done of finish.splice(0)) done();
  assert.equal(state.charged, 2 * 16384);
  state.room = 100_000;
  queue.pump(() => 0);
  await settle();
  assert.equal(state.charged, 4 * 16384);
  assert.ok(sent.length >= 2);
});

test('without memory the requests wait', async () => {
  const { queue, sent, state } = setUp({ memory: 0 });
  queue.push(0, 0, 10);
  queue.pump(() => 0);
  assert.equal(queue.length, 1);
  state.buffers = 1;
  queue.pump(() => 0);
  await settle();
  assert.equal(sent.length, 1);
});

test('requests that cannot be read are handed back and their buffer is released', async () => {
  const { queue, failed, state } = setUp({ failing: true });
  queue.push(0, 0, 10);
  queue.pump(() => 0);
  await settle();
  assert.deepEqual(
    failed.map(({ piece, begin, length }) => [piece, begin, length]),
    [[0, 0, 10]],
  );
  assert.equal(state.buffers, 100);
});
