import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientEvent } from '../event-log.ts';
import { FakeLog, ManualClock } from '../fakes.test.ts';
import { EventHistory } from './event-history.ts';

const history = (last = 0, log = new FakeLog()): EventHistory => new EventHistory(last, new ManualClock(), log);
const hash = 'ab'.repeat(20);
const numbers = (events: readonly ClientEvent[]): number[] => events.map(({ id }) => id);

describe('the history of events', () => {
  test('numbers them and gives those after a number', () => {
    const events = history(100);
    events.emit('torrent.added', { hash, name: 'a' });
    events.emit('piece.verified', { hash, piece: 0 });
    events.emit('torrent.changed', { hash, what: ['labels'] });
    assert.equal(events.last, 103);
    assert.deepEqual(numbers(events.since(101).events), [102, 103]);
    const [event] = events.since(100).events;
    assert.deepEqual([event?.name, event?.data, event?.at], ['torrent.added', { hash, name: 'a' }, 1_900_000_000]);
    assert.deepEqual(events.since(103), { events: [], isGap: false });
  });

  test('says when events are forgotten, are of an earlier run, or never were', () => {
    const events = history(100);
    assert.equal(events.since(99).isGap, true);
    assert.equal(events.since(100).isGap, false);
    assert.equal(events.since(101).isGap, true);
    for (let i = 0; i < 8_001; i++) events.emit('torrent.added', { hash, name: String(i) });
    assert.equal(events.since(100).isGap, true);
    const { events: kept, isGap } = events.since(101);
    assert.deepEqual([kept.length, kept[0]?.id, isGap], [8_000, 102, false]);
  });

  test('does not forget the rest for the many events of swarms', () => {
    const events = history();
    events.emit('torrent.added', { hash, name: 'a' });
    for (let piece = 0; piece < 5_000; piece++) events.emit('piece.verified', { hash, piece });
    const { events: kept, isGap } = events.since(0);
    assert.deepEqual([kept.length, kept[0]?.name, kept[1]?.id, isGap], [2_001, 'torrent.added', 3_002, true]);
    assert.deepEqual(
      numbers(kept),
      numbers(kept).toSorted((a, b) => a - b),
    );
  });

  test('tells of what is forgotten only who wants it', () => {
    const events = history();
    const isGap = (id: number, ...names: string[]): boolean => events.since(id, (name) => names.includes(name)).isGap;
    events.emit('torrent.added', { hash, name: 'a' });
    for (let i = 0; i < 50; i++) events.emit('piece.failed', { hash, piece: i });
    for (let piece = 0; piece < 2_000; piece++) events.emit('piece.verified', { hash, piece });
    assert.deepEqual([isGap(0, 'torrent.added'), isGap(0, 'torrent.added', 'piece.failed')], [false, true]);
    assert.deepEqual([isGap(50, 'piece.failed'), isGap(51, 'piece.failed')], [true, false]);
    assert.equal(isGap(0, 'torrent.added', 'piece.verified'), false);
    assert.equal(isGap(9_999, 'torrent.added'), true);
  });

  test('calls listeners in order, and one that throws harms nobody', () => {
    const log = new FakeLog();
    const events = history(0, log);
    const heard: number[] = [];
    events.on(() => {
      throw new Error('bad listener');
    });
    const listening = events.on(({ id }) => heard.push(id));
    events.emit('torrent.added', { hash, name: 'a' });
    events.emit('torrent.added', { hash, name: 'b' });
    listening[Symbol.dispose]();
    events.emit('torrent.added', { hash, name: 'c' });
    assert.deepEqual([heard, log.lines.length], [[1, 2], 3]);
  });
});
