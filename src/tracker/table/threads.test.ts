/** Test support: real threads over one shared memory. Loaded as a thread, this module does the job it was given. */
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { announceTo, tableOn } from '../fakes.test.ts';
import { acquire, release } from './shard-lock.ts';
import { TableMemory } from './table-memory.ts';

/** Words of the memory that `count` works in. */
export const CountWords = { lock: 0, counter: 1, ready: 2 } as const;

export type ThreadJob =
  | { readonly kind: 'count'; readonly buffer: SharedArrayBuffer; readonly times: number }
  | {
      readonly kind: 'announce';
      readonly buffer: SharedArrayBuffer;
      /** Which thread this is: its peers have hosts of their own. */
      readonly thread: number;
      readonly swarms: number;
      readonly peers: number;
    };

/** Runs each job in a thread of its own, until all have ended; fails when one fails. */
export async function runThreads(jobs: readonly ThreadJob[]): Promise<void> {
  await Promise.all(
    jobs.map(async (job) => {
      const [code] = (await once(new Worker(new URL(import.meta.url), { workerData: job }), 'exit')) as [number];
      if (code !== 0) throw new Error(`a thread ended with ${code}`);
    }),
  );
}

/** Adds in steps that other threads could come between, were it not for the lock. */
function count(words: Int32Array, times: number): void {
  Atomics.add(words, CountWords.ready, 1);
  Atomics.notify(words, CountWords.ready);
  for (let i = 0; i < times; i++) {
    acquire(words, CountWords.lock);
    const before = words[CountWords.counter] as number;
    for (let spin = 0; spin < 50; spin++) Atomics.load(words, CountWords.ready);
    words[CountWords.counter] = before + 1;
    release(words, CountWords.lock);
  }
}

/**
 * Peers of each swarm come as downloaders. Of three, one leaves, one becomes a seeder, one stays. One peer is
 * announced by every thread.
 */
function announce(job: ThreadJob & { readonly kind: 'announce' }): void {
  const table = tableOn(TableMemory.attach(job.buffer), {}, job.thread + 1);
  for (const round of ['come', 'change'] as const) {
    for (let peer = 0; peer < job.peers; peer++) {
      for (let swarm = 0; swarm < job.swarms; swarm++) {
        const host = peer % 4 === 0 ? `2001:db8::${job.thread + 1}:${peer + 1}` : `198.18.${job.thread}.${peer & 255}`;
        const before = { swarm, host, port: 2000 + peer, want: 20, now: 10 };
        if (round === 'come') announceTo(table, before);
        else if (peer % 3 === 0) announceTo(table, { ...before, event: 'stopped' });
        else if (peer % 3 === 1) announceTo(table, { ...before, role: 'seeding' });
        announceTo(table, { swarm, host: '203.0.113.1', port: 7000, now: 10 });
      }
    }
  }
}

if (!isMainThread) {
  const job = workerData as ThreadJob;
  if (job.kind === 'announce') announce(job);
  else count(new Int32Array(job.buffer), job.times);
}
