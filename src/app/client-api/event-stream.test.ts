import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { FakeEventLog } from '../../../test/support/fake-client.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';

/** A response whose connection takes so many writes, and then no more until it is drained. */
class FakeResponse extends EventEmitter {
  written: string[] = [];
  room = Infinity;
  isEnded = false;

  write(text: string): boolean {
    this.written.push(text);
    return --this.room > 0;
  }

  end(): void {
    this.isEnded = true;
    this.emit('close');
  }

  drain(room = Infinity): void {
    this.room = room;
    this.emit('drain');
  }

  /** Events that came, without what is for the browser alone. */
  get events(): string[] {
    return this.written.map((text) => /^id: (\d+)\nevent: (\S+)/.exec(text)?.slice(1).join(' ') ?? '').filter(Boolean);
  }
}

function stage(options: Partial<EventStreamOptions> = {}): {
  readonly log: FakeEventLog;
  readonly response: FakeResponse;
  readonly clock: ManualClock;
  readonly start: () => EventStream;
} {
  const log = new FakeEventLog();
  const response = new FakeResponse();
  const clock = new ManualClock();
  const start = (): EventStream =>
    new EventStream(response as unknown as ServerResponse, {
      events: log,
      clock,
      from: 0,
      wants: () => true,
      isAllowed: () => true,
      ...options,
    });
  return { log, response, clock, start };
}

const add = (log: FakeEventLog, count = 1): void => {
  for (let i = 0; i < count; i++) log.emit('piece.verified', { hash: 'ab', piece: i });
};

describe('a stream of events', () => {
  test('begins with what happened since the last known one, and goes on', () => {
    const { log, response, start } = stage({ from: 1 });
    add(log, 3);
    start();
    add(log);
    assert.deepEqual(response.events, ['2 piece.verified', '3 piece.verified', '4 piece.verified']);
    assert.equal(
      response.written.at(-1),
      'id: 4\nevent: piece.verified\ndata: {"at":1800000000,"hash":"ab","piece":0}\n\n',
    );
  });

  test('has only what is wanted', () => {
    const { log, response, start } = stage({ wants: (name) => name === 'torrent.added' });
    start();
    add(log, 5);
    log.emit('torrent.added', { hash: 'ab', name: 'line\nbreak' });
    assert.deepEqual(response.events, ['6 torrent.added']);
    assert.match(response.written.at(-1) ?? '', /"name":"line\\nbreak"/);
  });

  test('keeps nothing for a slow listener: it goes on in the log where it stopped', () => {
    const { log, response, start } = stage();
    start();
    response.room = 2;
    add(log, 100);
    assert.deepEqual(response.events, ['1 piece.verified', '2 piece.verified']);
    response.drain(1);
    assert.equal(response.events.length, 3);
    response.drain();
    assert.equal(response.events.length, 100);
  });

  test('says that some are missing when the log has forgotten them', () => {
    const { log, response, start } = stage();
    start();
    response.room = 1;
    add(log, 1500);
    response.drain();
    assert.deepEqual(response.events.slice(0, 3), ['1 piece.verified', '500 gap', '501 piece.verified']);
    assert.equal(response.events.length, 1002);
  });

  test('does not say so when only what is not wanted is forgotten', () => {
    const { log, response, start } = stage({ wants: (name) => name === 'torrent.added' });
    log.emit('settings.changed', { keys: [], needRestart: [] });
    log.emit('torrent.added', { hash: 'ab', name: 'a' });
    add(log, 999);
    start();
    assert.deepEqual(response.events, ['2 torrent.added']);
  });

  test('says so too to who comes from another run', () => {
    const { log, response, start } = stage({ from: 99 });
    add(log, 2);
    start();
    add(log);
    assert.deepEqual(response.events, ['2 gap', '3 piece.verified']);
  });

  test('shows every quarter of a minute that it is there, with the newest id', () => {
    const { log, response, clock, start } = stage({ wants: () => false });
    start();
    add(log, 7);
    clock.advance(15_000);
    assert.equal(response.written.at(-1), 'id: 7\n\n');
    response.room = 0;
    const { length } = response.written;
    clock.advance(15_000);
    assert.equal(response.written.length, length + 1);
    clock.advance(60_000);
    assert.equal(response.written.length, length + 1, 'nothing more is written to who takes nothing');
  });

  test('ends when its listener may listen no more', () => {
    let isAllowed = true;
    const { log, response, clock, start } = stage({ isAllowed: () => isAllowed });
    start();
    isAllowed = false;
    clock.advance(15_000);
    assert.deepEqual([response.isEnded, log.listeners, clock.timers], [true, 0, 0]);
  });

  test('has no event that came after it may listen no more', () => {
    let isAllowed = true;
    const { log, response, clock, start } = stage({ isAllowed: () => isAllowed });
    start();
    add(log);
    isAllowed = false;
    add(log);
    assert.deepEqual(response.events, ['1 piece.verified']);
    assert.deepEqual([response.isEnded, log.listeners, clock.timers], [true, 0, 0]);
  });

  test('leaves nothing behind when its listener goes', () => {
    const { log, response, clock, start } = stage();
    start();
    assert.deepEqual([log.listeners, clock.timers], [1, 1]);
    response.emit('close');
    assert.deepEqual([log.listeners, clock.timers], [0, 0]);
  });
});
