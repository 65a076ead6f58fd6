/**
 * The client as a service that runs for weeks: everything it is made of, in the order in which it starts. It stops in
 * the reverse order, each part within its deadline.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerAddress } from '../../base/address.ts';
import { scopeOf } from '../../base/address-scope.ts';
import { systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import type { Database } from '../../db/index.ts';
import type { Egress } from '../../net/egress/index.ts';
import { Access, type FirstUser } from '../access/index.ts';
import { type ApiMount, ClientServer, qbittorrent, type TorrentFetch, transmissionRpc } from '../client-api/index.ts';
import { ClientService, EventHistory, RunTotals } from '../client/index.ts';
import type { ClientConfig, ConfigSources, LoadedConfig } from '../config/index.ts';
import { daemonDirectory, socketPath } from '../paths/index.ts';
import { type CertificateFiles, ServedCertificate } from '../served-certificate/index.ts';
import { egressOf } from '../session-egress.ts';
import { createSession, type SessionOptions } from '../session.ts';
import { accessStoreOf } from './access-store-of.ts';
import { clientMetrics } from './client-metrics.ts';
import { mayContactTracker, mayDial } from './contacts.ts';
import { ConfiguredSettings } from './configured-settings.ts';
import { lockInstance } from './instance-lock.ts';
import { dailyCopy, openClientDatabase, type OpenedDatabase } from './open-client-database.ts';
import { keptIn, setAside, takeIn, unknownOf } from './recover-torrents.ts';
import { readiness } from './readiness.ts';
import { openWithOwnKeys } from './seal-opener.ts';
import { Services } from './services.ts';
import { fetchTorrent } from './torrent-fetch.ts';

export interface DaemonOptions {
  readonly loaded: LoadedConfig<ClientConfig>;
  readonly sources: ConfigSources<ClientConfig> & { readonly file: string };
  readonly logger: Logger;
  /** Somebody has asked for the end by an API: whoever runs the daemon disposes of it. */
  readonly onShutDown: () => void;
  /** Told at the start and after each change. */
  readonly onSettings: (config: ClientConfig) => void;
}

/** How long each part may take to stop, ms. */
const DEADLINES = { server: 5000, client: 10_000, engine: 20_000, rest: 5000 } as const satisfies Record<
  string,
  Millis
>;
/** Folders of the files of torrents, and of those that the database does not know, in the folder for what is kept. */
const KEPT = 'torrents';
const ASIDE = 'recovered';
/** Memory of outgoing blocks, which the session has besides pieces. */
const OUTGOING: ByteCount = 24 * 1024 * 1024;

export class Daemon implements AsyncDisposable {
  readonly #services: Services;
  readonly #settings: ConfiguredSettings;
  readonly #server: ClientServer;
  /** Of the command line. */
  readonly socket: string;
  readonly client: ClientService;
  /** Made in this start because there was no user yet. */
  readonly firstUser: FirstUser | null;
  /** What became of a database that was damaged or gone, in words; null: it was well. */
  readonly recovered: string | null;

  constructor(
    services: Services,
    parts: Pick<Daemon, 'socket' | 'client' | 'firstUser' | 'recovered'> & {
      readonly settings: ConfiguredSettings;
      readonly server: ClientServer;
    },
  ) {
    this.#services = services;
    this.#settings = parts.settings;
    this.#server = parts.server;
    this.socket = parts.socket;
    this.client = parts.client;
    this.firstUser = parts.firstUser;
    this.recovered = parts.recovered;
  }

  /**
   * Starts everything. Rejects DAEMON_RUNNING, DAEMON_STATE_UNUSABLE, DB_*, NET_PORT_IN_USE, NET_LISTEN_FAILED,
   * NET_INTERFACE_UNSUPPORTED, SOCKET_*, TLS_*.
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const services = new Services(systemClock, options.logger);
    try {
      return await compose(services, options);
    } catch (error) {
      await services[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the APIs are served over TCP. */
  get addresses(): readonly PeerAddress[] {
    return this.#server.addresses;
  }

  get isTls(): boolean {
    return this.#settings.value.api.tlsCert !== null;
  }

  /** Reads the configuration again. */
  reload(): Promise<void> {
    return this.#settings.reload();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#services[Symbol.asyncDispose]();
  }
}

async function compose(services: Services, options: DaemonOptions): Promise<Daemon> {
  const { loaded, sources, logger, onShutDown, onSettings } = options;
  const config = loaded.value;
  const folder = config.data ?? daemonDirectory();
  const start = services.start.bind(services);
  await start('lock', DEADLINES.rest, () => lockInstance(folder));
  const { database, recovered } = await openRecovered(folder, config.database, logger);
  await start('database', DEADLINES.rest, () => database);
  await start('database copy', DEADLINES.rest, () => dailyCopy(database, systemClock, logger));
  const totals = await RunTotals.open(database.client.totals, systemClock);
  const events = new EventHistory(totals.lastEvent, systemClock, logger);
  const settings = await start(
    'configuration',
    DEADLINES.rest,
    () => new ConfiguredSettings({ initial: loaded, sources, events, clock: systemClock, logger }),
  );
  onSettings(config);
  events.on(({ name }) => {
    if (name === 'settings.changed') onSettings(settings.value);
  });
  const engine = await start('engine', DEADLINES.engine, () => createSession(sessionOptions(settings, folder, logger)));
  const certificate = await start('certificate', DEADLINES.rest, () =>
    ServedCertificate.open(certificateFiles(config), logger, () => {
      if (certificate.current !== null) server.setCertificate(certificate.current);
    }),
  );
  const client = await start('client', DEADLINES.client, () =>
    ClientService.open({
      engine,
      repository: database.client,
      settings,
      totals,
      events,
      clock: systemClock,
      random: systemRandom,
      logger,
      folder: join(folder, KEPT),
      openSealed: (file) => openWithOwnKeys(file, logger),
      mayDial: (host) => mayDial(host, settings.value),
      shutDown: onShutDown,
      checks: {
        database: () => database.check().then(() => recovered, messageOf),
        configuration: () => settings.problem,
        certificate: () => certificate.problem,
      },
    }),
  );
  await takeIn(join(folder, ASIDE), client, logger);
  const { access, firstUser } = await Access.open({
    store: accessStoreOf(database.client),
    clock: systemClock,
    random: systemRandom,
    primitives: nodePrimitives,
    logger,
  });
  const socket = config.api.socket ?? socketPath();
  const metrics = clientMetrics(client, engine);
  const server: ClientServer = await start('server', DEADLINES.server + 1000, async () => {
    const listening = await ClientServer.listen(
      { bind: config.api.bind, port: config.api.port, socket, certificate: certificate.current },
      {
        client,
        access,
        clock: systemClock,
        random: systemRandom,
        logger,
        hostNames: () => settings.value.api.hostNames,
        trustProxy: config.api.trustProxy,
        mounts: mountsFor(settings, egressOf(engine)),
        metrics,
        readiness: () => readiness({ database, engine, folder, clock: systemClock }),
      },
    );
    return Object.assign(listening, { [Symbol.asyncDispose]: () => listening.close(DEADLINES.server) });
  });
  warnOfPlain(config, logger);
  return new Daemon(services, { socket, client, firstUser, recovered, settings, server });
}

/**
 * The database, and what became of it when it was lost as a whole or in part, in words. Torrents that it does not know
 * are set aside. One that was being added at a kill is nothing that was lost.
 */
async function openRecovered(folder: string, url: string | null, logger: Logger): Promise<OpenedDatabase> {
  const kept = await keptIn(join(folder, KEPT));
  const opened = await openClientDatabase(folder, url, { clock: systemClock, logger, hadTorrents: kept.length > 0 });
  const lost = unknownOf(kept, await knownHashes(opened.database));
  if (opened.recovered === null && lost.length <= 1) return opened;
  await setAside(join(folder, KEPT), lost, join(folder, ASIDE));
  if (opened.recovered !== null) return opened;
  const recovered = `the database has lost ${lost.length} torrents, which were taken in again`;
  logger.error('database recovered', { recovered });
  return { ...opened, recovered };
}

async function knownHashes({ client }: Database): Promise<Set<string>> {
  const known = new Set<string>();
  for await (const rows of client.torrents.load()) for (const { hash } of rows) known.add(hash);
  return known;
}

function sessionOptions(settings: ConfiguredSettings, folder: string, logger: Logger): SessionOptions {
  const { peers, limits, memory, downloads } = settings.value;
  return {
    port: peers.port,
    ...(peers.bind.length > 0 && { bind: peers.bind }),
    ...(peers.interface !== null && { interface: peers.interface, nameServers: peers.nameServers }),
    directory: downloads,
    stateDirectory: join(folder, 'resume'),
    downloadLimit: limits.download,
    uploadLimit: limits.upload,
    maxConnections: peers.connections,
    uploadSlots: peers.uploadSlots,
    warmsUp: false,
    hasYieldingDisk: true,
    bufferBudget: Math.floor(Math.max(memory.buffers - OUTGOING, memory.buffers / 2) / 1.25),
    encryption: peers.encryption,
    mayContactTracker: (host) => mayContactTracker(host, settings.value),
    mayDial: (host) => mayDial(host, settings.value),
    logger,
  };
}

const certificateFiles = ({ api: { tlsCert, tlsKey } }: ClientConfig): CertificateFiles | null =>
  tlsCert === null || tlsKey === null ? null : { certificate: tlsCert, key: tlsKey };

/** Where Transmission's own web client lies when it is installed; its other programs look there too. */
const WEB_FOLDERS = ['/usr/share/transmission/public_html', '/usr/share/transmission/web'];

function mountsFor(settings: ConfiguredSettings, egress: Egress): ApiMount[] {
  const web = process.env['TRANSMISSION_WEB_HOME'] ?? WEB_FOLDERS.find((folder) => existsSync(folder)) ?? null;
  const fetch: TorrentFetch = (url, cookies) => fetchTorrent(url, cookies, settings.value, egress);
  return [transmissionRpc({ fetchTorrent: fetch, webFolder: () => web }), qbittorrent({ fetchTorrent: fetch })];
}

/** Passwords and tokens in plain text are read by whoever is on the way. */
function warnOfPlain({ api }: ClientConfig, logger: Logger): void {
  const outside = api.bind.filter((host) => scopeOf(host) !== 'loopback');
  if (outside.length === 0 || api.tlsCert !== null || api.trustProxy.length > 0) return;
  logger.warn('passwords cross the network in plain text: set api.tlsCert and api.tlsKey, or a proxy', {
    bind: outside,
  });
}
