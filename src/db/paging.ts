/** Reading much without holding the thread, and writing much without naming a row twice. */
import { scheduler } from 'node:timers/promises';

/** Rows of a page when everything is read. SQLite needs about 10 ms for so many. */
export const LOAD_PAGE = 10_000;
/** Most rows that a list gives at a time. */
const MOST_LISTED = 1_000;

export const listLimit = (limit: number): number => Math.max(1, Math.min(limit, MOST_LISTED));

/** All pages that `read` gives, each after the last row of the one before; other work gets its turn in between. */
export async function* pagesOf<Row>(read: (after: Row | null) => Promise<Row[]>): AsyncGenerator<Row[], void, void> {
  let rows = await read(null);
  while (rows.length > 0) {
    yield rows;
    if (rows.length < LOAD_PAGE) return;
    await scheduler.yield();
    rows = await read(rows.at(-1) as Row);
  }
}

/**
 * One item a key, in the order of keys: a batch may not name a row twice, and two processes that lock rows in the
 * same order do not lock each other out.
 */
export function mergeByKey<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
  merge: (earlier: Item, later: Item) => Item,
): Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(item);
    const earlier = byKey.get(key);
    byKey.set(key, earlier === undefined ? item : merge(earlier, item));
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** Sums stay numbers that JavaScript can read back; SQL texts have the same limit. */
export const addSafely = (a: number, b: number): number => Math.min(a + b, Number.MAX_SAFE_INTEGER);

/** SQL: a number that may be too large, at most the largest integer that JavaScript can read back. */
export const sqlMost = (value: string): string =>
  `case when ${value} > ${Number.MAX_SAFE_INTEGER} then ${Number.MAX_SAFE_INTEGER} else ${value} end`;

/** SQL: the sum of two columns, at most the largest integer that JavaScript can read back. */
export const sqlSum = (a: string, b: string): string =>
  `case when ${a} > ${Number.MAX_SAFE_INTEGER} - ${b} then ${Number.MAX_SAFE_INTEGER} else ${a} + ${b} end`;
