/** What the work of this thread has cost, however busy the machine is. */
import type { Micros } from '../../base/units.ts';

/** CPU time of this thread so far. */
export function threadTime(): Micros {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
