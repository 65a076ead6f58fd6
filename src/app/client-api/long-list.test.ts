import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import fastify from 'fastify';
import { LongList, sendLong } from './long-list.ts';

const numbers = Array.from({ length: 250 }, (_, i) => i);
const asList = (some: readonly number[]): object => some.map((n) => ({ n, text: `“${n}”` }));
const asMembers = (some: readonly number[]): object => Object.fromEntries(some.map((n) => [`k${n}`, n]));

/** What is sent of an answer: its JSON, and whether it was sent in parts. */
async function sent(answer: object): Promise<{ readonly json: unknown; readonly isInParts: boolean }> {
  const app = fastify();
  app.get('/', (_request, reply) => sendLong(reply, answer));
  const { headers, body } = await app.inject('/');
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  return { json: JSON.parse(body) as unknown, isInParts: headers['content-length'] === undefined };
}

test('an answer with a long list is sent in parts and is whole, wherever in it the list stands', async () => {
  const list = new LongList(numbers, asList);
  assert.deepEqual(await sent(list), { json: asList(numbers), isInParts: true });
  const members = { rid: 1, gone: undefined, torrents: new LongList(numbers, asMembers), tags: ['"'] };
  assert.deepEqual(await sent(members), {
    json: { rid: 1, torrents: asMembers(numbers), tags: ['"'] },
    isInParts: true,
  });
  const within = { arguments: { torrents: list, removed: [1] }, result: 'success', tag: 7 };
  assert.deepEqual(await sent(within), {
    json: { ...within, arguments: { torrents: asList(numbers), removed: [1] } },
    isInParts: true,
  });
});

test('a short answer says how long it is', async () => {
  const some = numbers.slice(0, 100);
  assert.deepEqual(await sent({ torrents: new LongList(some, asMembers) }), {
    json: { torrents: asMembers(some) },
    isInParts: false,
  });
  assert.deepEqual(await sent(new LongList([], asList)), { json: [], isInParts: false });
});

test('others get their turn while it is written', async () => {
  let written = 0;
  const seen = new Set<number>();
  const read = (some: readonly number[]): object => {
    written += some.length;
    return asList(some);
  };
  let body: Readable | null = null;
  const reply = { type: () => reply, send: (sentBody: Readable) => (body = sentBody) };
  sendLong(reply as unknown as Parameters<typeof sendLong>[0], new LongList(numbers, read));
  const reading = text(body as unknown as Readable);
  for (; written < numbers.length; seen.add(written)) await setImmediate();
  assert.deepEqual(JSON.parse(await reading), asList(numbers));
  assert.deepEqual([...seen].slice(-3), [100, 200, 250]);
});
