/**
 * V8 as a program needs it that runs for weeks beside others, or for a second. Its defaults are made for pages of the web.
 *
 * Memory: the nursery grows to 2 × 16 MiB and is never given back, what became garbage in a rush (a thousand torrents
 * loaded) stays for as long as nothing new is allocated, and so do the graphs of functions that were compiled, on the
 * heaps of its threads. After that rush 148 MB were measured; 140 when graphs are let go of at once, 102 with a small
 * nursery besides, 70 with a collection in a quiet moment besides. Transfers were not slower by the first of these
 * (1 GiB, three pairs of runs). What was freed outside of V8's heap stays with the C library until it is asked for
 * (trim-memory.ts).
 *
 * Compilers: a function is optimised once it was called 400 times, which every function of the engine is within a tenth
 * of a second, in three threads. With 5,000 small files a quarter of the leecher's processor time went into that, and
 * the program was over before it paid. Called 10,000 times, a function will be called a million times. A service that
 * loads thousands of torrents calls what that takes some thousand times each, and is there a sixth sooner when the first
 * compiler begins after 800; begun while its modules are loaded, half of that is lost again. Loops that run long are still
 * optimised at once, by two compilers, one after the other: to switch one of them off (`maglev-osr`) would save 8 ms of
 * the 30 that reading a torrent of 5,000 files takes, but V8 ends the process when it is at work just then.
 *
 * Collections of a small nursery are left to one thread: several take longer together, 14 ms against 9 in a leecher of
 * 5,000 small files.
 */
import { flushCompileCache } from 'node:module';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import { trimMemory } from './trim-memory.ts';

/** How often it is looked whether there is something to collect. */
const PERIOD: Millis = 4000;
/** Growth of the heap that is worth a collection, which stops the program for up to 0.1 s. */
const WORTHWHILE: ByteCount = 8 * 1024 * 1024;
/** Heap that is gone since the last look: V8 has collected by itself, and has touched Node's file for that. */
const COLLECTED: ByteCount = 1024 * 1024;
/** Share of the period in which a quiet program is at work. */
const QUIET = 0.05;

type Collect = (options: { readonly flavor: 'last-resort' }) => void;

/**
 * Objects and the bytes that they have elsewhere. Asked of V8 and not of `process`, which reads a file besides, and throws
 * when no more can be opened.
 */
function heapUsed(): ByteCount {
  const { used_heap_size: objects, external_memory: bytes } = getHeapStatistics();
  return objects + bytes;
}

/** Calls after which a function is optimised, by compiler. */
const optimizeAfter = { maglev: 10_000, turbofan: 100_000 };
/** The same for the first of them while a service loads what it has. */
const optimizeLoadingAfter = 800;

const optimize = (compiler: string, calls: number): void =>
  setFlagsFromString(`--invocation-count-for-${compiler}=${calls}`);

/** For programs, not for libraries: it holds for the whole process. Call it before its modules are loaded. */
export function tuneRuntime(clock: Pick<Clock, 'after'> = systemClock): void {
  for (const [compiler, calls] of Object.entries(optimizeAfter)) optimize(compiler, calls);
  setFlagsFromString('--no-parallel-scavenge');
  keepHeapSmall(clock);
}

/**
 * From now on the nursery does not grow. To be called when everything is loaded: what stays is copied by each collection of a
 * small nursery, which takes a fifth of the time in which three thousand torrents are loaded. Short pauses: a tracker at
 * its limit answers 99 of 100 datagrams within 2.5 to 3 ms instead of 3.8.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** For a service that was tuned: loads what it has, once its modules are there. */
export async function loadFast<T>(load: () => Promise<T>): Promise<T> {
  optimize('maglev', optimizeLoadingAfter);
  try {
    return await load();
  } finally {
    optimize('maglev', optimizeAfter.maglev);
  }
}

/** For a service, when it has started. Compiled code that Node would keep until the end goes into its files now. */
export function endLoading(): void {
  keepNurserySmall();
  flushCompileCache();
}

/** Only the part about memory, for a service. What a nursery has grown to is given back too. */
export function keepHeapSmall(clock: Pick<Clock, 'after'> = systemClock): void {
  setFlagsFromString('--no-maglev-destroy-on-background');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  let kept = heapUsed();
  let used = kept;
  let before = performance.eventLoopUtilization();
  /** There is memory to give back: the start's, that of a thread that has ended, or what a collection has found, which another thread frees. */
  let isTrimDue = true;
  process.on('worker', (worker: Worker) => worker.once('exit', () => (isTrimDue = true)));
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const isQuiet = performance.eventLoopUtilization(now, before).utilization < QUIET;
    before = now;
    const usedBefore = used;
    used = heapUsed();
    if (usedBefore - used > COLLECTED) isTrimDue = true;
    if (isQuiet && isTrimDue) {
      trimMemory();
      isTrimDue = false;
    }
    if (isQuiet && used - kept > WORTHWHILE) {
      collect({ flavor: 'last-resort' });
      isTrimDue = true;
      used = kept = heapUsed();
    }
    clock.after(PERIOD, look);
  };
  clock.after(PERIOD, look);
}
