/** The tracker's numbers for Prometheus. They are read when they are asked for; docs/metrics.md lists them. */
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { CounterName } from '../../tracker/index.ts';
import { addProcessMetrics } from '../process-metrics/index.ts';
import type { ThreadStatus, TrackerService } from './service.ts';
import { FAILURES, REQUESTS } from './status-view.ts';

/** A registry over one tracker, with the usual numbers of its process. */
export function trackerMetrics(service: TrackerService): Registry {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  addProcessMetrics(registry);
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
  gauge('dst_tracker_sessions', 'Peers of accounts, on a private tracker', () => service.status().use.sessions);
  gauge(
    'dst_tracker_interval_seconds',
    'Time between two announces, as clients are told now',
    () => service.status().interval,
  );
  new Gauge({
    name: 'dst_tracker_check',
    help: '1 when what is looked after is well, 0 when it is not',
    labelNames: ['check'],
    registers,
    collect() {
      for (const [check, problem] of Object.entries(service.status().checks)) {
        this.set({ check }, problem === null ? 1 : 0);
      }
    },
  });
  addThreads(registers, service);
  addRequests(registers, service);
  return registry;
}

/** What was asked, and what became of it. */
function addRequests(registers: Registry[], service: TrackerService): void {
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
  counter('dst_tracker_limited_total', 'Requests of addresses that ask too often', 'limited');
  counter('dst_tracker_websocket_relays_total', 'Offers and answers passed on between WebSockets', 'webRelays');
}

/** How each thread is; a thread that is not there has no values. */
function addThreads(registers: Registry[], service: TrackerService): void {
  const gauge = (name: string, help: string, read: (thread: ThreadStatus) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['thread'],
      registers,
      collect() {
        this.reset();
        for (const [thread, status] of service.status().threads.entries()) {
          if (status !== null) this.set({ thread: String(thread) }, read(status));
        }
      },
    });
  };
  gauge('dst_tracker_thread_busy_ratio', 'Part of the last second that a thread was at work', ({ busy }) => busy);
  gauge('dst_tracker_thread_lag_seconds', 'How late a thread was with its work', ({ lag }) => lag / 1000);
  gauge('dst_tracker_thread_websockets', 'WebSockets of a thread', ({ webSockets }) => webSockets);
}
