/**
 * What a thread of the tracker has done, as plain numbers in an array that another thread may read: each has one
 * writer, so that counting costs an addition.
 */
export const Count = {
  udpConnects: 0,
  udpAnnounces: 1,
  udpScrapes: 2,
  /** Announces and scrapes with a connection id that was not given to their address. */
  udpUnproved: 3,
  udpFailures: 4,
  httpAnnounces: 5,
  httpScrapes: 6,
  httpFailures: 7,
  webAnnounces: 8,
  webScrapes: 9,
  /** Offers that went to a peer, and answers that went back. */
  webRelays: 10,
  webFailures: 11,
  /** Requests of those that ask too often, over all protocols. */
  limited: 12,
} as const;

export type CounterName = keyof typeof Count;

/** Bytes of one thread's numbers. */
const LENGTH = 8 * Object.keys(Count).length;

/** Numbers that other threads may read. */
export const threadCounters = (): SharedArrayBuffer => new SharedArrayBuffer(LENGTH);

/** Numbers that nobody else looks at. */
export const newCounters = (): Float64Array => new Float64Array(LENGTH / 8);

/** All counters over the arrays of all threads. */
export function sumCounters(threads: readonly Float64Array[]): Record<CounterName, number> {
  const sum = (at: number): number => threads.reduce((total, counters) => total + (counters[at] as number), 0);
  return Object.fromEntries(Object.entries(Count).map(([name, at]) => [name, sum(at)])) as Record<CounterName, number>;
}
