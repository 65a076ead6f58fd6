/**
 * By which interface each kind of traffic of torrents would leave. A socket of each kind is opened as a session would,
 * and the kernel is asked to what it is bound, or what routes it has. Nothing is sent.
 */
import { addressKey } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import { type DstError, messageOf } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import {
  familyOf,
  type InterfaceEgress,
  type InterfaceSystem,
  interfaceEgress,
  nodeInterfaceSystem,
} from '../../net/egress/index.ts';
import { addressRows, isAny } from './address-rows.ts';
import { FAMILIES, type LeakRow, traffics } from './leak-row.ts';

export interface LeakReport {
  readonly interface: string | null;
  /** Addresses from which torrents are sent in place of an interface; none: from any. */
  readonly bind: readonly string[];
  /** What keeps everything in at present. */
  readonly problem: DstError | null;
  readonly rows: readonly LeakRow[];
  /** Nothing leaves by another interface. */
  readonly isSealed: boolean;
}

export interface LeakTestOptions {
  /** Null: torrents are not bound to one. */
  readonly interface: string | null;
  /** Addresses to listen on and to dial from; not used with an interface. */
  readonly bind?: readonly string[];
  readonly nameServers?: readonly string[];
}

/** Rejects NET_INTERFACE_UNSUPPORTED where sockets cannot be bound to an interface. */
export async function testLeaks(
  { interface: name, bind = [], nameServers = [] }: LeakTestOptions,
  system: InterfaceSystem = nodeInterfaceSystem,
): Promise<LeakReport> {
  if (name === null) {
    const rows = await addressRows(bind, system);
    return { interface: null, bind: bind.filter((host) => !isAny(host)), problem: null, rows, isSealed: false };
  }
  const deps = { clock: systemClock, random: systemRandom, logger: silentLogger, system };
  using egress = interfaceEgress({ name, nameServers }, deps);
  const rows = [...socketRows(egress, name), ...nameServerRows(egress, name), ...kernelRows(egress, name)];
  const isSealed = rows.every(({ verdict }) => verdict !== 'open');
  return { interface: name, bind: [], problem: egress.problem, rows, isSealed };
}

function socketRows(egress: InterfaceEgress, name: string): LeakRow[] {
  return FAMILIES.flatMap((family) =>
    traffics.map(([traffic, kind]): LeakRow => {
      try {
        const { device, source } = egress.probe(kind, family);
        return {
          traffic,
          family,
          source,
          leavesBy: device,
          verdict: device === name ? 'sealed' : 'open',
          reason: null,
        };
      } catch (error) {
        const reason = error === egress.problem ? null : messageOf(error); // that one is told once for all
        return { traffic, family, source: null, leavesBy: null, verdict: 'blocked', reason };
      }
    }),
  );
}

/** They are asked by sockets as above; those that ask on by any way are not asked. */
function nameServerRows(egress: InterfaceEgress, name: string): LeakRow[] {
  const { usable, refused } = egress.nameServers();
  const asked = usable.map((server): LeakRow => {
    const family = familyOf(server.host);
    const [traffic, source] = [`name server ${addressKey(server)}`, egress.source(family) ?? null];
    return { traffic, family, source, leavesBy: name, verdict: 'sealed', reason: null };
  });
  const row = { traffic: 'name server', family: null, source: null, leavesBy: null, verdict: 'blocked' } as const;
  return [...asked, ...refused.map((reason): LeakRow => ({ ...row, reason }))];
}

/** What the kernel sends by itself: its answers to what comes for no socket follow the routes alone. */
function kernelRows(egress: InterfaceEgress, name: string): LeakRow[] {
  return egress.kernelRoutes().map(({ from, to, leavesBy }): LeakRow => {
    const verdict = leavesBy === null ? 'blocked' : leavesBy === name ? 'sealed' : 'open';
    const reason = leavesBy === null ? `there is no route to ${to}` : null;
    return {
      traffic: `answers of the system to ${to}`,
      family: familyOf(from),
      source: from,
      leavesBy,
      verdict,
      reason,
    };
  });
}
