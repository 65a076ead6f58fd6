/** What `dst tracker` does: runs the tracker, or prints what belongs to one. */
import { createLog } from '../app/observability/index.ts';
import { endLoading } from '../app/runtime/index.ts';
import { createToken, type Scope, scopes } from '../app/tracker-api/index.ts';
import {
  ConfiguredTracker,
  loadTrackerConfig,
  openTrackerDatabase,
  storageOf,
  trackerRecord,
  type TrackerServer,
} from '../app/tracker-server/index.ts';
import {
  type ConfigSources,
  describeConfig,
  shownValue,
  trackerConfig,
  type TrackerConfig,
} from '../app/config/index.ts';
import { addressKey, type PeerAddress } from '../base/address.ts';
import { systemClock } from '../base/clock.ts';
import { RateMeter } from '../base/rate.ts';
import type { Millis } from '../base/units.ts';
import type { CommandContext } from './command.ts';
import { cliError } from './errors.ts';
import type { TrackerFlags } from './tracker-flags.ts';
import { escapeText } from './ui/escape.ts';
import { formatBytes, plural } from './ui/format.ts';
import { outputLogger } from './ui/output-logger.ts';
import type { Output } from './ui/output.ts';
import { type ProgressView, Ticker } from './ui/ticker.ts';

const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

function sourcesOf(flags: TrackerFlags): ConfigSources<TrackerConfig> {
  const { config, hostName, allowPrivate, log: _log, name: _name, scope: _scope, ...same } = flags;
  return {
    file: config ?? null,
    env: process.env,
    flags: {
      ...same,
      ...(hostName !== undefined && { hostNames: hostName }),
      ...(allowPrivate !== undefined && { allowPrivate }),
    },
  };
}

export async function runTracker({ output, signal, onReload }: CommandContext, flags: TrackerFlags): Promise<void> {
  if (flags.name !== undefined || flags.scope !== undefined) {
    throw cliError('USAGE', '--name and --scope belong to a token: dst tracker token --name WHO');
  }
  const isText = (flags.log ?? (process.stderr.isTTY ? 'text' : 'json')) === 'text';
  const log = isText ? null : createLog({ level: 'info', destination: 2, showsAddresses: false });
  output.log = log;
  const follow = (config: TrackerConfig): void => {
    log?.setLevel(config.logLevel);
    log?.setShowsAddresses(config.logAddresses);
  };
  const sources = sourcesOf(flags);
  const loaded = await loadTrackerConfig(sources);
  follow(loaded.value);
  const logger = log ?? outputLogger(output);
  let end: { readonly since: Millis; readonly use: object };
  {
    await using tracker = await ConfiguredTracker.start(loaded, sources, logger, follow);
    onReload(() => void tracker.reload());
    endLoading();
    const { server } = tracker;
    const urls = urlsOf(server);
    if (output.options.json) output.json({ event: 'listening', urls });
    else for (const url of urls) output.line(url);
    logger.info('listening', { ports: [...server.listening, ...server.tlsListening].map(({ port }) => port) });
    using _ticker = isText || output.options.json ? new Ticker(output, new TrackerView(server), systemClock) : null;
    await untilAborted(signal);
    end = { since: systemClock.now(), use: server.status().use };
  }
  logger.info('stopped', { seconds: Math.round(systemClock.now() - end.since) / 1000, ...end.use });
}

/** The signal may have come while the tracker started. */
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

function urlsOf(server: TrackerServer): string[] {
  const of = (addresses: readonly PeerAddress[], forms: readonly string[]): string[] =>
    addresses.flatMap((address) => forms.map((form) => form.replace('*', addressKey(address))));
  return [
    ...of(server.listening, ['http://*/announce', 'udp://*', 'ws://*/announce']),
    ...of(server.tlsListening, ['https://*/announce', 'wss://*/announce']),
  ];
}

/** Clients try the ports in the order of the record: UDP costs both sides least. */
export async function tellRecord(output: Output, flags: TrackerFlags): Promise<void> {
  const { port } = (await loadTrackerConfig(sourcesOf(flags))).value;
  if (port === 0) throw cliError('USAGE_VALUE', 'a record cannot name port 0; give the port of the tracker');
  const record = trackerRecord(port);
  if (output.options.json) output.json({ type: 'TXT', value: record });
  else output.line(record);
  output.note(`In a zone file, for the host name of the tracker: tracker.example.org. 3600 IN TXT "${record}"`);
}

/** The tracker may run meanwhile: it looks each token up in its database. */
export async function makeToken(output: Output, { name, scope = [...scopes], ...flags }: TrackerFlags): Promise<void> {
  if (name === undefined) throw cliError('USAGE', 'a token has a name: --name WHO');
  const bad = scope.find((text) => !isScope(text));
  if (bad !== undefined) {
    throw cliError('USAGE_VALUE', `there is no scope ${JSON.stringify(bad)}; scopes are ${scopes.join(', ')}`);
  }
  const { value } = await loadTrackerConfig(sourcesOf(flags));
  const storage = storageOf(value);
  await using database = await openTrackerDatabase(storage);
  const { token, id } = await createToken(database.tracker, {
    name,
    scopes: scope.filter((text) => isScope(text)),
    expiresAt: null,
  });
  if (output.options.json) output.json({ token, id, name, scopes: scope });
  else output.line(token);
  const where =
    storage.database === null ? `the tracker with its data in ${storage.directory}` : 'the tracker of this database';
  output.note(`It is for ${where}, and shown only now.`);
}

export async function showConfig(output: Output, flags: TrackerFlags): Promise<void> {
  const loaded = await loadTrackerConfig(sourcesOf(flags));
  const rows = describeConfig(trackerConfig).map(({ key }) => ({
    key,
    value: shownValue(trackerConfig, key, loaded.value),
    origin: loaded.originOf(key),
  }));
  if (output.options.json) output.json({ config: rows });
  else for (const { key, value, origin } of rows) output.line(`${key} = ${value}  ${output.dim(`# ${origin}`)}`);
}

class TrackerView implements ProgressView {
  readonly #server: TrackerServer;
  readonly #requests = new RateMeter(systemClock.now());

  constructor(server: TrackerServer) {
    this.#server = server;
  }

  drawing(): string[] {
    return this.lines();
  }

  lines(): string[] {
    const { use, counters, problems } = this.#server.status();
    const { swarms, peers4, peers6, webPeers, used } = use;
    const counted = Object.entries(counters).filter(([name]) => /(?:Connects|Announces|Scrapes)$/.test(name));
    this.#requests.add(counted.reduce((sum, [, count]) => sum + count, 0) - this.#requests.total);
    this.#requests.tick(systemClock.now());
    const facts = [
      plural(swarms, 'swarm'),
      plural(peers4 + peers6 + webPeers, 'peer'),
      `${Math.round(this.#requests.rate)} requests/s`,
      `${formatBytes(used)} of memory`,
    ];
    return [facts.join(', '), ...problems.map((problem) => `degraded: ${escapeText(problem)}`)];
  }

  events(): object[] {
    return [{ event: 'use', ...this.#server.status().use }];
  }
}
