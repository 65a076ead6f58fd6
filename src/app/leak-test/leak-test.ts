/**
 * By which interface each kind of traffic of torrents would leave. Of an interface egress a socket of each kind is
 * opened, and the kernel is asked to what it is bound; without one, what routes the kernel has. Nothing is sent.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
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
  type IpFamily,
} from '../../net/egress/index.ts';

/**
 * `sealed`: the kernel sends it by the interface alone. `blocked`: nothing is sent at all. `open`: it leaves as the
 * system's routes say, by whatever interface.
 */
export type LeakVerdict = 'sealed' | 'blocked' | 'open';

export interface LeakRow {
  readonly traffic: string;
  readonly family: IpFamily | null;
  /** The address from which it is sent, and the interface by which it leaves. */
  readonly source: string | null;
  readonly leavesBy: string | null;
  readonly verdict: LeakVerdict;
  /** Why nothing is sent, or what is wrong. */
  readonly reason: string | null;
}

export interface LeakReport {
  readonly interface: string | null;
  /** What keeps everything in at present. */
  readonly problem: DstError | null;
  readonly rows: readonly LeakRow[];
  /** Nothing leaves by another interface. */
  readonly isSealed: boolean;
}

export interface LeakTestOptions {
  /** Null: torrents are not bound to one. */
  readonly interface: string | null;
  readonly nameServers?: readonly string[];
}

const FAMILIES: readonly IpFamily[] = [4, 6];
const traffics = [
  ['peers that we connect to', 'stream'],
  ['peers that connect to us', 'stream'],
  ['HTTP trackers', 'stream'],
  ['UDP trackers', 'datagram'],
  ['look-ups of names', 'datagram'],
] as const;
/** Public addresses; nothing is sent to them. */
const SAMPLES: Readonly<Record<IpFamily, string>> = { 4: '1.1.1.1', 6: '2606:4700:4700::1111' };

/** Rejects NET_INTERFACE_UNSUPPORTED where sockets cannot be bound to an interface. */
export async function testLeaks(
  { interface: name, nameServers = [] }: LeakTestOptions,
  system?: InterfaceSystem,
): Promise<LeakReport> {
  if (name === null) {
    const rows = (await Promise.all(FAMILIES.map(unboundRows))).flat();
    return { interface: null, problem: null, rows, isSealed: false };
  }
  const deps = {
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...(system !== undefined && { system }),
  };
  using egress = interfaceEgress({ name, nameServers }, deps);
  const rows = [...socketRows(egress, name), ...nameServerRows(egress, name), ...kernelRows(egress, name)];
  return { interface: name, problem: egress.problem, rows, isSealed: rows.every(({ verdict }) => verdict !== 'open') };
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

/** Where sockets are bound to nothing: the system chooses source and interface by its routes. */
async function unboundRows(family: IpFamily): Promise<LeakRow[]> {
  const source = await chosenSource(family);
  const leavesBy = source === null ? null : interfaceOf(source);
  const verdict = source === null ? 'blocked' : 'open';
  const reason = source === null ? `there is no route to ${SAMPLES[family]}` : null;
  return traffics.map(([traffic]) => ({ traffic, family, source, leavesBy, verdict, reason }));
}

/** A socket for datagrams that is connected sends nothing, but has a source. */
async function chosenSource(family: IpFamily): Promise<string | null> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    socket.connect(9, SAMPLES[family]);
    await once(socket, 'connect');
    return socket.address().address;
  } catch {
    return null;
  } finally {
    socket.close();
  }
}

const interfaceOf = (address: string): string | null =>
  Object.entries(networkInterfaces()).find(([, list]) => list?.some((entry) => entry.address === address))?.[0] ?? null;
