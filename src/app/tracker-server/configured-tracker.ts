/** A tracker as its configuration has it, which follows the changes of that. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { scopeOf } from '../../base/address-scope.ts';
import { fromHex } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import {
  type ConfigSources,
  ConfigWatch,
  loadConfig,
  type LoadedConfig,
  trackerConfig,
  type TrackerConfig,
} from '../config/index.ts';
import { stateDirectory } from '../paths/index.ts';
import { trackerServerError } from './errors.ts';
import { defaultTrackerOptions, type TrackerOptions, type TrackerSettings } from './options.ts';
import { TrackerServer } from './tracker-server.ts';

export class ConfiguredTracker implements AsyncDisposable {
  readonly server: TrackerServer;
  readonly #watch: ConfigWatch<TrackerConfig> | null;
  readonly #logger: Logger;

  private constructor(server: TrackerServer, watch: ConfigWatch<TrackerConfig> | null, logger: Logger) {
    this.server = server;
    this.#watch = watch;
    this.#logger = logger;
  }

  /**
   * Starts a tracker by what `loadTrackerConfig` gave of these sources. `onChange`: the configuration is another now.
   * Rejects as `TrackerServer.start`, and UDP_KEY_UNUSABLE.
   */
  static async start(
    loaded: LoadedConfig<TrackerConfig>,
    sources: ConfigSources<TrackerConfig>,
    logger: Logger,
    onChange: (config: TrackerConfig) => void,
  ): Promise<ConfiguredTracker> {
    let problem: string | null = null;
    const configProblem = (): string | null => problem;
    const server = await TrackerServer.start({ ...(await optionsOf(loaded.value)), logger, configProblem });
    const { file } = sources;
    if (typeof file !== 'string') return new ConfiguredTracker(server, null, logger);
    const watch = new ConfigWatch({
      schema: trackerConfig,
      sources: { ...sources, file },
      initial: loaded,
      clock: systemClock,
      onChange: ({ value }, { changed, needRestart }) => {
        server.change(settingsOf(value));
        onChange(value);
        problem = null;
        logger.info('configuration changed', { changed, needRestart });
      },
      onSame: (needRestart) => {
        problem = null;
        logger.info('configuration is the same', { needRestart });
      },
      onProblem: (error) => {
        problem = `the configuration before stays in effect: ${messageOf(error)}`;
        logger.error('configuration not changed', { error });
      },
    });
    return new ConfiguredTracker(server, watch, logger);
  }

  /** Reads the configuration again; what came of it is logged. */
  async reload(): Promise<void> {
    if (this.#watch === null) this.#logger.info('there is no configuration file to read again');
    else await this.#watch.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Rejects CONFIG_UNREADABLE, CONFIG_SYNTAX or CONFIG_INVALID. */
export const loadTrackerConfig = (sources: ConfigSources<TrackerConfig>): Promise<LoadedConfig<TrackerConfig>> =>
  loadConfig(trackerConfig, sources);

/** Where the tracker keeps what is to outlive it. */
export function storageOf({ data, database }: TrackerConfig): Pick<TrackerOptions, 'directory' | 'database'> {
  return { directory: data ?? join(stateDirectory(), 'tracker'), database };
}

function settingsOf(config: TrackerConfig): TrackerSettings {
  const { interval, access, peersPerAddress, hostNames, warning } = config;
  return {
    interval,
    longestInterval: config.longestInterval ?? Math.min(4 * interval, 86_400),
    access,
    allowsPrivate: config.allowPrivate ?? isPrivate(config.bind),
    peersPerAddress,
    announceLimit: { perSecond: config.announcesPerSecond, burst: config.announceBurst },
    apiLimit: { perSecond: config.apiRequestsPerSecond, burst: config.apiBurst },
    trustedProxies: config.trustProxy,
    hostNames,
    warning,
  };
}

async function optionsOf(config: TrackerConfig): Promise<Partial<TrackerOptions>> {
  const { bind, port, threads, memory, swarms, udpKey, tlsPort, tlsCert, tlsKey } = config;
  return {
    ...settingsOf(config),
    ...storageOf(config),
    bind: bind.length === 0 ? defaultTrackerOptions.bind : bind,
    port,
    threads: threads ?? availableParallelism(),
    memory,
    swarms,
    udpKey: udpKey === null ? null : await readUdpKey(udpKey),
    tls:
      tlsPort === null || tlsCert === null || tlsKey === null
        ? null
        : { port: tlsPort, certificate: tlsCert, key: tlsKey },
  };
}

/** A tracker that can be reached from one network or one machine only serves just that. */
function isPrivate(bind: readonly string[]): boolean {
  return bind.length > 0 && bind.every((host) => ['private', 'link-local', 'loopback'].includes(scopeOf(host)));
}

async function readUdpKey(path: string): Promise<Uint8Array> {
  let text: string;
  try {
    text = (await readFile(path, 'latin1')).trim();
  } catch (cause) {
    throw trackerServerError('UDP_KEY_UNUSABLE', `${path} cannot be read`, { cause });
  }
  const key = /^[0-9a-f]{32}$/i.test(text) ? fromHex(text) : null;
  if (key !== null) return key;
  throw trackerServerError(
    'UDP_KEY_UNUSABLE',
    `${path} must hold 32 hexadecimal digits and nothing else, as of: openssl rand -hex 16`,
  );
}
