import assert from 'node:assert/strict';
import test from 'node:test';
import { LogQueue } from './log-queue.ts';

/** A destination whose writes end when the test says so. */
class Tap {
  readonly texts: string[] = [];
  readonly told: number[] = [];
  readonly queue: LogQueue;
  #current: PromiseWithResolvers<void> | null = null;

  constructor() {
    this.queue = new LogQueue(
      (text) => {
        this.texts.push(text);
        this.#current = Promise.withResolvers<void>();
        return this.#current.promise;
      },
      (dropped) => {
        this.told.push(dropped);
        this.queue.add(`lost ${dropped}\n`);
      },
    );
  }

  /** Ends the write under way and waits until the queue has seen it. */
  async end(failure?: Error): Promise<void> {
    const current = this.#current;
    assert.ok(current !== null, 'no write is under way');
    this.#current = null;
    if (failure === undefined) current.resolve();
    else current.reject(failure);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

const MIB = 1024 * 1024;

test('the first line is written at once, and those that come meanwhile together and in their order', async () => {
  const tap = new Tap();
  for (const line of ['a\n', 'b\n', 'c\n']) tap.queue.add(line);
  assert.deepEqual(tap.texts, ['a\n']);
  await tap.end();
  assert.deepEqual(tap.texts, ['a\n', 'b\nc\n']);
});

test('one write takes about 64 KiB', async () => {
  const tap = new Tap();
  tap.queue.add('a\n');
  for (let i = 0; i < 100; i++) tap.queue.add('x'.repeat(10_000));
  await tap.end();
  assert.equal(tap.texts[1]?.length, 70_000);
});

test('flush ends when all lines before it are written, not later ones', async () => {
  const tap = new Tap();
  await tap.queue.flush();
  tap.queue.add('a\n');
  let isFlushed = false;
  void tap.queue.flush().then(() => (isFlushed = true));
  tap.queue.add('b\n');
  await Promise.resolve();
  assert.equal(isFlushed, false);
  await tap.end();
  assert.equal(isFlushed, true);
  assert.deepEqual(tap.texts, ['a\n', 'b\n']);
});

test('a destination that takes nothing costs 4 MiB at the most, and the rest is counted', () => {
  const tap = new Tap();
  for (let i = 0; i < 10; i++) tap.queue.add('x'.repeat(MIB));
  assert.equal(tap.queue.dropped, 6);
});

test('when it works again, the number of lost lines stands where they are missing', async () => {
  const tap = new Tap();
  for (let i = 0; i < 6; i++) tap.queue.add('x'.repeat(MIB));
  await tap.end();
  tap.queue.add('later\n');
  for (let i = 0; i < 4; i++) await tap.end();
  assert.deepEqual(tap.told, [2]);
  assert.match(tap.texts.join(''), /^x{4194304}lost 2\nlater\n$/);
  assert.equal(tap.queue.dropped, 0);
});

test('lines whose write fails are lost and told of with the next one that works', async () => {
  const tap = new Tap();
  tap.queue.add('a\n');
  tap.queue.add('b\n');
  await tap.end(new Error('ENOSPC'));
  assert.deepEqual([tap.queue.dropped, tap.told], [1, []]);
  await tap.end();
  assert.deepEqual([tap.queue.dropped, tap.told], [0, [1]]);
  assert.equal(tap.texts.at(-1), 'lost 1\n');
});

test('flush ends with a destination that fails', async () => {
  const tap = new Tap();
  tap.queue.add('a\n');
  const flushed = tap.queue.flush();
  await tap.end(new Error('EPIPE'));
  await flushed;
  assert.equal(tap.queue.dropped, 1);
});

test('after closing lines are dropped', () => {
  const tap = new Tap();
  tap.queue.close();
  tap.queue.add('a\n');
  assert.deepEqual([tap.texts, tap.queue.dropped], [[], 1]);
});
