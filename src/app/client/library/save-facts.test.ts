import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers';
import { silentLogger } from '../../../base/logger.ts';
import { saveFacts } from './save-facts.ts';
import { noCounters } from './torrent-counters.ts';

const MANY = 2000;

type Saved = Parameters<typeof saveFacts>[0];
type Store = Parameters<typeof saveFacts>[1]['store'];

const torrents = (): Saved =>
  Array.from({ length: MANY }, (_, id) => ({
    id,
    record: { isBehind: false },
    counters: { isChanged: id % 2 === 0, ever: noCounters },
  })) as unknown as Saved;

const storeOf = (saveCounters: Store['saveCounters']): Store => ({ saveCounters }) as Store;

test('counters of many torrents that have changed are stored while others get their turn', async () => {
  let [turns, isOver] = [0, false];
  const turn = (): void => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const parts: { readonly turn: number; readonly ids: number[] }[] = [];
  const all = torrents();
  const store = storeOf(async (rows) => void parts.push({ turn: turns, ids: rows.map(({ id }) => id) }));
  await saveFacts(all, { store, logger: silentLogger });
  isOver = true;
  assert.deepEqual(
    parts.flatMap(({ ids }) => ids),
    Array.from({ length: MANY / 2 }, (_, i) => 2 * i),
  );
  assert.equal(new Set(parts.map((part) => part.turn)).size, parts.length);
  assert.ok(parts.length > 1);
  assert.ok(all.every(({ counters }) => !counters.isChanged));
});

test('counters that cannot be stored, and those after them, are those of the next time, and it is said once', async (t) => {
  const all = torrents();
  const stored: number[] = [];
  const store = storeOf(async (rows) => {
    if (stored.length > 0) throw new Error('full');
    stored.push(...rows.map(({ id }) => id));
  });
  const logger = { ...silentLogger, error: t.mock.fn() };
  await saveFacts(all, { store, logger });
  const left = all.filter(({ counters }) => counters.isChanged).map(({ id }) => id);
  assert.deepEqual(
    [...stored, ...left],
    Array.from({ length: MANY / 2 }, (_, i) => 2 * i),
  );
  assert.ok(left.length > 0);
  assert.equal(logger.error.mock.callCount(), 1);
});
