import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import test from 'node:test';
import { Events } from './events.ts';

interface Map {
  tick: number;
  end: string;
}

function make(): { events: Events<Map>; errors: string[] } {
  const errors: string[] = [];
  return { errors, events: new Events<Map>((error, event) => errors.push(`${event}: ${String(error)}`)) };
}

test('listeners of an event are called in the order in which they came', () => {
  const { events } = make();
  const seen: string[] = [];
  events.on('tick', (n) => seen.push(`a${n}`));
  events.on('tick', (n) => seen.push(`b${n}`));
  events.on('end', () => seen.push('never'));
  events.emit('tick', 1);
  assert.deepEqual(seen, ['a1', 'b1']);
});

test('one listener may hear every event, with its name, in its turn', () => {
  const { events } = make();
  const seen: unknown[] = [];
  events.on('tick', (n) => seen.push(n));
  const subscription = events.onEvery((...event) => seen.push(event));
  events.emit('tick', 1);
  subscription[Symbol.dispose]();
  events.emit('tick', 2);
  assert.deepEqual(seen, [1, ['tick', 1], 2]);
});

test('a listener that throws is reported and the others are still called', () => {
  const { events, errors } = make();
  const seen: number[] = [];
  events.on('tick', () => {
    throw new Error('broken');
  });
  events.on('tick', (n) => seen.push(n));
  events.emit('tick', 1);
  assert.deepEqual(seen, [1]);
  assert.deepEqual(errors, ['tick: Error: broken']);
});

test('disposing the subscription removes its listener and no other', () => {
  const { events } = make();
  const seen: string[] = [];
  const listener = (): void => void seen.push('same function');
  const first = events.on('tick', listener);
  events.on('tick', listener);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  events.emit('tick', 1);
  assert.equal(seen.length, 1);
});

test('a listener that another one removes during the event is not called any more', () => {
  const { events } = make();
  const seen: string[] = [];
  events.on('tick', () => second[Symbol.dispose]());
  const second = events.on('tick', () => seen.push('removed'));
  events.emit('tick', 1);
  assert.deepEqual(seen, []);
});

test('a listener added during the event waits for the next one', () => {
  const { events } = make();
  const seen: number[] = [];
  events.on('tick', () => events.on('tick', (n) => seen.push(n)), { once: true });
  events.emit('tick', 1);
  events.emit('tick', 2);
  assert.deepEqual(seen, [2]);
});

test('a listener for once is called once, even when it emits the event itself', () => {
  const { events } = make();
  const seen: number[] = [];
  events.on(
    'tick',
    (n) => {
      seen.push(n);
      events.emit('tick', n + 1);
    },
    { once: true },
  );
  events.emit('tick', 1);
  assert.deepEqual(seen, [1]);
});

test('aborting the signal removes the listener; an aborted one never adds it', () => {
  const { events } = make();
  const seen: number[] = [];
  const abort = new AbortController();
  events.on('tick', (n) => seen.push(n), { signal: abort.signal });
  abort.abort();
  events.on('tick', (n) => seen.push(n), { signal: abort.signal });
  events.emit('tick', 1);
  assert.deepEqual(seen, []);
});

test('a listener that is gone leaves nothing with the signal that could have removed it', () => {
  const { signal } = new AbortController();
  const events = new Events<{ tick: number }>(() => {});
  const subscription = events.on('tick', () => {}, { signal });
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  subscription[Symbol.dispose]();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('next resolves with the next payload only', async () => {
  const { events } = make();
  const next = events.next('tick');
  events.emit('tick', 1);
  events.emit('tick', 2);
  assert.equal(await next, 1);
});

test('next rejects with the reason of its signal, before or while it waits', async () => {
  const { events } = make();
  const abort = new AbortController();
  const waiting = events.next('tick', abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(events.next('tick', abort.signal), /enough/);
});
