/**
 * The status of a tracker as `/health` and `/stats` tell it. Units are in the names, and the names are those of the
 * metrics, without `dst_tracker_`.
 */
import { version } from '../../base/version.ts';
import type { CounterName } from '../../tracker/index.ts';
import type { TrackerStatus } from './service.ts';

type Protocol = 'udp' | 'http' | 'websocket';

/** Which counter is which request, by protocol and kind. */
export const REQUESTS: readonly (readonly [protocol: Protocol, kind: string, counter: CounterName])[] = [
  ['udp', 'connect', 'udpConnects'],
  ['udp', 'announce', 'udpAnnounces'],
  ['udp', 'scrape', 'udpScrapes'],
  ['http', 'announce', 'httpAnnounces'],
  ['http', 'scrape', 'httpScrapes'],
  ['websocket', 'announce', 'webAnnounces'],
  ['websocket', 'scrape', 'webScrapes'],
];
/** Which counter has the requests of a protocol that were refused. */
export const FAILURES: readonly (readonly [protocol: Protocol, counter: CounterName])[] = [
  ['udp', 'udpFailures'],
  ['http', 'httpFailures'],
  ['websocket', 'webFailures'],
];

const stateOf = (problem: string | null): object =>
  problem === null ? { status: 'ok' } : { status: 'degraded', detail: problem };

/** What `/health` tells. */
export function healthView({ startedAt, uptime, use, interval, checks, problems, threads }: TrackerStatus): object {
  return {
    status: problems.length === 0 ? 'ok' : 'degraded',
    version,
    checks: Object.fromEntries(Object.entries(checks).map(([check, problem]) => [check, stateOf(problem)])),
    startedAt,
    uptimeSeconds: uptime,
    intervalSeconds: interval,
    swarms: use.swarms,
    peers: { ipv4: use.peers4, ipv6: use.peers6, websocket: use.webPeers },
    sessions: use.sessions,
    memoryUsedBytes: use.used,
    memoryLimitBytes: use.capacity,
    threads: threads.map((thread) =>
      thread === null
        ? { status: 'restarting' }
        : { status: 'ok', busyRatio: thread.busy, lagMs: thread.lag, websockets: thread.webSockets },
    ),
  };
}

/** What `/stats` tells: the same, and what was asked since the start and what became of it. */
export function statsView(status: TrackerStatus): object {
  const { counters } = status;
  const requests: Record<Protocol, Record<string, number>> = { udp: {}, http: {}, websocket: {} };
  for (const [protocol, kind, counter] of REQUESTS) requests[protocol][kind] = counters[counter];
  return {
    ...healthView(status),
    requests,
    failures: Object.fromEntries(FAILURES.map(([protocol, counter]) => [protocol, counters[counter]])),
    limited: counters.limited,
    udpUnproved: counters.udpUnproved,
    websocketRelays: counters.webRelays,
  };
}
