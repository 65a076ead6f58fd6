/** The tracker's numbers for Prometheus. They are read when they are asked for; docs/metrics.md lists them. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from '@prometheus-io/client';
import type { CounterName } from '../../tracker/index.ts';
import type { TrackerService } from './service.ts';

/** Which counter is which request, by protocol and kind. */
const REQUESTS: readonly (readonly [protocol: string, kind: string, counter: CounterName])[] = [
  ['udp', 'connect', 'udpConnects'],
  ['udp', 'announce', 'udpAnnounces'],
  ['udp', 'scrape', 'udpScrapes'],
  ['http', 'announce', 'httpAnnounces'],
  ['http', 'scrape', 'httpScrapes'],
  ['websocket', 'announce', 'webAnnounces'],
  ['websocket', 'scrape', 'webScrapes'],
];
const FAILURES: readonly (readonly [protocol: string, counter: CounterName])[] = [
  ['udp', 'udpFailures'],
  ['http', 'httpFailures'],
  ['websocket', 'webFailures'],
];

/** A registry over one tracker, with the usual numbers of its process. */
export function trackerMetrics(service: TrackerService): Registry {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('dst_tracker_up', '1 when nothing is wrong, 0 when the tracker is degraded', () =>
    service.status().problems.length === 0 ? 1 : 0,
  );
  gauge('dst_tracker_swarms', 'Swarms in memory', () => service.status().use.swarms);
  gauge('dst_tracker_memory_used_bytes', 'Memory of swarms and peers', () => service.status().use.used);
  gauge('dst_tracker_memory_limit_bytes', 'Most memory of swarms and peers', () => service.status().use.capacity);
  new Gauge({
    name: 'dst_tracker_peers',
    help: 'Peers in memory',
    labelNames: ['family'],
    registers,
    collect() {
      const { peers4, peers6, webPeers } = service.status().use;
      this.set({ family: 'ipv4' }, peers4);
      this.set({ family: 'ipv6' }, peers6);
      this.set({ family: 'websocket' }, webPeers);
    },
  });
  new Counter({
    name: 'dst_tracker_requests_total',
    help: 'Requests',
    labelNames: ['protocol', 'kind'],
    registers,
    collect() {
      const { counters } = service.status();
      this.reset();
      for (const [protocol, kind, counter] of REQUESTS) this.inc({ protocol, kind }, counters[counter]);
    },
  });
  new Counter({
    name: 'dst_tracker_failures_total',
    help: 'Requests that were refused with a reason',
    labelNames: ['protocol'],
    registers,
    collect() {
      const { counters } = service.status();
      this.reset();
      for (const [protocol, counter] of FAILURES) this.inc({ protocol }, counters[counter]);
    },
  });
  const counter = (name: string, help: string, which: CounterName): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(service.status().counters[which]);
      },
    });
  };
  counter('dst_tracker_udp_unproved_total', 'Datagrams without a valid connection id, not answered', 'udpUnproved');
  counter('dst_tracker_websocket_relays_total', 'Offers and answers passed on between WebSockets', 'webRelays');
  return registry;
}
