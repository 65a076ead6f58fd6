/** A row of the report: one kind of traffic, in one family of addresses. */
import type { IpFamily } from '../../net/egress/index.ts';

/**
 * `sealed`: the kernel sends it by the interface alone. `blocked`: nothing is sent at all. `open`: it leaves as the
 * system's routes say, by whatever interface.
 */
export type LeakVerdict = 'sealed' | 'blocked' | 'open';

export interface LeakRow {
  readonly traffic: string;
  readonly family: IpFamily | null;
  /** The address from which it is sent, and the interface by which it leaves; null: not known, or none. */
  readonly source: string | null;
  readonly leavesBy: string | null;
  readonly verdict: LeakVerdict;
  /** Why nothing is sent, or what is wrong. */
  readonly reason: string | null;
}

export const FAMILIES: readonly IpFamily[] = [4, 6];

export const LOOK_UPS = 'look-ups of names';

/** What torrents send, in the order in which it is shown. */
export const traffics: readonly (readonly [traffic: string, socket: 'stream' | 'datagram'])[] = [
  ['peers that we connect to', 'stream'],
  ['peers that connect to us', 'stream'],
  ['HTTP trackers', 'stream'],
  ['UDP trackers', 'datagram'],
  [LOOK_UPS, 'datagram'],
];
