/** The client's numbers for Prometheus. They are read when they are asked for; docs/metrics.md lists them. */
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { MetricsSource } from '../client-api/index.ts';
import { type Client, viewStates } from '../client/index.ts';
import { addProcessMetrics } from '../process-metrics/index.ts';
import type { Session } from '../session.ts';

const trackerStates = ['idle', 'working', 'ok', 'failed'] as const;

/** A registry over one client, with the usual numbers of its process. */
export function clientMetrics(
  client: Client,
  engine: Pick<Session, 'stats' | 'diskUse' | 'trackerUse'>,
): MetricsSource {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  addProcessMetrics(registry);
  const gauge = (name: string, help: string, read: () => number | null): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read();
        if (value === null) this.reset();
        else this.set(value);
      },
    });
  };
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter(
    'dst_client_received_bytes_total',
    'Payload received from peers in this run',
    () => engine.stats().downloaded,
  );
  counter('dst_client_sent_bytes_total', 'Payload sent to peers in this run', () => engine.stats().uploaded);
  counter('dst_client_events_total', 'Events that have happened, of all runs', () => client.events.last);
  gauge('dst_client_peers', 'Connections to peers', () => engine.stats().connections);
  gauge('dst_client_free_space_bytes', 'Free space of the download folder', () => client.stats().freeSpace);
  gauge('dst_client_reachable', '1 when a peer has connected to us since the start', () =>
    client.stats().isReachable ? 1 : 0,
  );
  gauge('dst_client_alternative_limits', '1 while the alternative limits count', () =>
    client.stats().usesAltLimits ? 1 : 0,
  );
  addTorrents(registers, client);
  addChecks(registers, client);
  addTrackers(registers, engine);
  addWebhooks(registers, client);
  addDisk(registers, engine);
  return registry;
}

/** What is looked after. */
function addChecks(registers: Registry[], client: Client): void {
  new Gauge({
    name: 'dst_client_check',
    help: '1 when what is looked after is well, 0 when it is not',
    labelNames: ['check'],
    registers,
    collect() {
      for (const [check, problem] of Object.entries(client.health())) this.set({ check }, problem === null ? 1 : 0);
    },
  });
}

function addTorrents(registers: Registry[], client: Client): void {
  new Gauge({
    name: 'dst_client_torrents',
    help: 'Torrents',
    labelNames: ['state'],
    registers,
    collect() {
      const counts = new Map<string, number>(viewStates.map((state) => [state, 0]));
      for (const torrent of client.torrents.all()) {
        const { state } = torrent.view();
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      for (const [state, count] of counts) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'dst_client_trackers',
    help: 'Trackers of all torrents, by what became of the last announce',
    labelNames: ['state'],
    registers,
    collect() {
      const counts = new Map<string, number>(trackerStates.map((state) => [state, 0]));
      for (const torrent of client.torrents.all()) {
        for (const { state } of torrent.trackers()) counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      for (const [state, count] of counts) this.set({ state }, count);
    },
  });
}

/** What became of requests to trackers. */
function addTrackers(registers: Registry[], engine: Pick<Session, 'trackerUse'>): void {
  new Counter({
    name: 'dst_client_tracker_requests_total',
    help: 'Requests to trackers in this run, by what became of them',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      const { answered = 0, failed = 0, spared = 0 } = engine.trackerUse() ?? {};
      for (const [result, count] of Object.entries({ answered, failed, spared })) this.inc({ result }, count);
    },
  });
  new Gauge({
    name: 'dst_client_tracker_servers_down',
    help: 'Servers of trackers that do not answer and are left alone',
    registers,
    collect() {
      this.set(engine.trackerUse()?.serversDown ?? 0);
    },
  });
}

/** What is sent to webhooks; what fails is sent again. */
function addWebhooks(registers: Registry[], { webhooks }: Client): void {
  new Counter({
    name: 'dst_client_webhook_attempts_total',
    help: 'Attempts to send an event to a webhook in this run, by what became of them',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(webhooks.attempts)) this.inc({ result }, count);
    },
  });
}

/** Work of the disk threads: hashing, reading, writing. */
function addDisk(registers: Registry[], engine: Pick<Session, 'diskUse'>): void {
  new Gauge({
    name: 'dst_client_disk_jobs_waiting',
    help: 'Jobs that no disk thread has taken yet, or is at work on',
    registers,
    collect() {
      this.set(engine.diskUse().waiting);
    },
  });
  const perKind = (
    name: string,
    help: string,
    read: (use: { jobs: number; seconds: number; failures: number }) => number,
  ): void => {
    new Counter({
      name,
      help,
      labelNames: ['kind'],
      registers,
      collect() {
        this.reset();
        for (const [kind, use] of Object.entries(engine.diskUse().kinds)) this.inc({ kind }, read(use));
      },
    });
  };
  perKind('dst_client_disk_jobs_total', 'Jobs that disk threads have done', ({ jobs }) => jobs);
  perKind('dst_client_disk_seconds_total', 'Time from giving a job to its result', ({ seconds }) => seconds);
  perKind('dst_client_disk_failures_total', 'Jobs that ended with an error', ({ failures }) => failures);
}
