/**
 * What leaves where torrents are bound to addresses, or to nothing. Neither is a seal: the kernel sends from an address
 * by whatever interface its routes say, and names are looked up as the system does, from any address.
 */
import { createSocket } from 'node:dgram';
import { type EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { messageOf } from '../../base/errors.ts';
import { addressEgress, type Egress, familyOf, type InterfaceSystem, type IpFamily } from '../../net/egress/index.ts';
import { FAMILIES, type LeakRow, LOOK_UPS, traffics } from './leak-row.ts';

/** How one kind of traffic leaves. */
type Way = Pick<LeakRow, 'source' | 'leavesBy' | 'verdict' | 'reason'>;

/** Public addresses; nothing is sent to them. */
const SAMPLES: Readonly<Record<IpFamily, string>> = { 4: '1.1.1.1', 6: '2606:4700:4700::1111' };

/** An unspecified address: any of this machine. */
export const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Sockets are opened as by a session with this `bind`; where that is empty they are bound to nothing. */
export async function addressRows(bind: readonly string[], system: InterfaceSystem): Promise<LeakRow[]> {
  const egress = addressEgress({ bind });
  return (await Promise.all(FAMILIES.map((family) => familyRows(family, { bind, egress, system })))).flat();
}

interface Machine {
  readonly bind: readonly string[];
  readonly egress: Egress;
  readonly system: InterfaceSystem;
}

async function familyRows(family: IpFamily, { bind, egress, system }: Machine): Promise<LeakRow[]> {
  const chosen = chosenWay(await chosenSource(family), family);
  const outward = egress.source(family) === undefined ? chosen : await outwardWay(family, egress, system);
  const listening = bind.filter((host) => familyOf(host) === family);
  const inward = await Promise.all(
    listening.map(async (host) => (isAny(host) ? chosen : await inwardWay(host, egress, system))),
  );
  const isFree = bind.every(isAny);
  const lookedUp = isFree || chosen.verdict === 'blocked' ? chosen : { ...chosen, reason: 'asked from any address' };
  return traffics.flatMap(([traffic]) => {
    const ways =
      traffic === LOOK_UPS
        ? [lookedUp]
        : traffic === 'peers that connect to us' && inward.length > 0
          ? inward
          : [outward];
    return ways.map((way) => ({ traffic, family, ...way }));
  });
}

/** The system chooses source and interface by its routes. */
function chosenWay(source: string | null, family: IpFamily): Way {
  return source === null ? noRoute(family) : { source, leavesBy: interfaceOf(source), verdict: 'open', reason: null };
}

/** TCP takes the same source as the socket for datagrams that is opened here; a connection would send something. */
async function outwardWay(family: IpFamily, egress: Egress, system: InterfaceSystem): Promise<Way> {
  try {
    await opened(() => egress.openUdp(family));
  } catch (error) {
    return blocked(messageOf(error));
  }
  return routedWay(egress.source(family) as string, system);
}

async function inwardWay(host: string, egress: Egress, system: InterfaceSystem): Promise<Way> {
  try {
    await opened(() => createServer((socket) => socket.destroy()).listen(egress.listenOptions({ host, port: 0 })));
  } catch (error) {
    return blocked(messageOf(error));
  }
  return routedWay(host, system);
}

/** Which interface has the address says nothing; the kernel is asked for the route, where it can be. */
function routedWay(source: string, system: InterfaceSystem): Way {
  const family = familyOf(source);
  try {
    const leavesBy = system.routeOf(source, SAMPLES[family]);
    return leavesBy === null ? { ...noRoute(family), source } : { source, leavesBy, verdict: 'open', reason: null };
  } catch {
    return { source, leavesBy: null, verdict: 'open', reason: 'the routes cannot be asked here' };
  }
}

async function opened(open: () => EventEmitter & { close(): unknown }): Promise<void> {
  const socket = open();
  try {
    await once(socket, 'listening');
  } finally {
    socket.close();
  }
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

const blocked = (reason: string): Way => ({ source: null, leavesBy: null, verdict: 'blocked', reason });
const noRoute = (family: IpFamily): Way => blocked(`there is no route to ${SAMPLES[family]}`);
