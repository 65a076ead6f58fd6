import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readEvents, type ServerEvent } from './server-events.ts';

async function read(text: string, cuts: readonly number[] = []): Promise<ServerEvent[]> {
  const bytes = Buffer.from(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(chunks))) events.push(event);
  return events;
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const text = ': hello\n\nid: 7\nevent: torrent.added\ndata: {"a":\ndata: "ü"}\n\ndata:x\n\nid: 8\n\n';
const expected = [
  { id: '7', name: 'torrent.added', data: '{"a":\n"ü"}' },
  { id: '', name: 'message', data: 'x' },
];

test('events are read with their number, name and all lines of data; comments are none', async () => {
  assert.deepEqual(await read(text), expected);
});

test('it does not matter where the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 8 }), async (cuts) => {
      assert.deepEqual(await read(text, cuts), expected);
    }),
  );
});
