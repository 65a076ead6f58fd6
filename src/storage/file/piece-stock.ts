/**
 * Memory for pieces, made by the disk threads while the first download of a session starts. The system gives a page of
 * memory when it is touched for the first time, and on a virtual machine that takes longer (2 µs) than to copy what
 * belongs there: 13 ms of the main thread for 24 MiB, in the moment in which all else waits for it and the disk threads
 * have nothing to do yet. In a swarm the memory is in use within seconds.
 */
import type { ByteCount } from '../../base/units.ts';
import { type BufferPool, sizeClass } from '../buffer-pool.ts';
import type { Disk } from './disk.ts';
import type { MemoryJob } from './disk-jobs.ts';

export interface PieceStock {
  /** Length of a piece, bytes. */
  readonly pieceLength: ByteCount;
  /** Most pieces that will need memory. */
  readonly count: number;
  /** Most memory to make, bytes. */
  readonly budget: ByteCount;
}

/** Fills a pool that nobody has used yet; any other is left as it is. */
export async function stockUp(pool: BufferPool, disk: Disk, stock: PieceStock): Promise<void> {
  if (pool.held > 0) return;
  const size = sizeClass(stock.pieceLength);
  const count = Math.floor(Math.min(stock.count, stock.budget / size) / disk.width);
  const job = async (): Promise<void> => {
    for (const memory of await disk.run('memory', { size, count }, { cost: size * count })) pool.adopt(memory);
  };
  if (count > 0) await Promise.all(Array.from({ length: disk.width }, job));
}

/** In a disk thread: memory of which every page is there. */
export const makeMemory = (_context: unknown, { size, count }: MemoryJob): SharedArrayBuffer[] =>
  Array.from({ length: count }, () => {
    const memory = new SharedArrayBuffer(size);
    new Uint8Array(memory).fill(0);
    return memory;
  });
