/** Looks at all that a daemon on this machine needs, and at the one that runs. Nothing leaves the machine. */
import type { Clock } from '../../base/clock.ts';
import type { SettingsPlaces } from '../client/index.ts';
import { clientConfig, type ClientConfig, loadConfig } from '../config/index.ts';
import { configFile, daemonDirectory } from '../paths/index.ts';
import type { Check } from './check.ts';
import { checkConfiguration, checkProgram, checkSecrets } from './configuration.ts';
import { checkDisk } from './disk.ts';
import { checkApi, checkFreePorts, checkInterface } from './network.ts';
import { checkReachable, checkRunning, type RunningDaemon } from './running-daemon.ts';
import { checkClock, checkOpenFiles } from './system.ts';

export interface ExamineOptions {
  /** Configuration file that was named, and has to be there; null: that of the daemon. */
  readonly file: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Null: none runs. */
  readonly daemon: RunningDaemon | null;
  /** The configuration that is in effect in the daemon; null: that of the file. */
  readonly inEffect: ClientConfig | null;
  /** Where the daemon says that its configuration is, and what it keeps; null: where they are by default. */
  readonly places: SettingsPlaces | null;
}

/** Checks as they are done. What cannot be known while the configuration is not valid is looked at by the defaults. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Check> {
  const { env, clock, daemon, inEffect, places } = options;
  const file = options.file ?? places?.file ?? configFile(env);
  const { check, config: ofFile } = await checkConfiguration(file, options.file === null);
  yield check;
  const config = inEffect ?? ofFile ?? (await loadConfig(clientConfig, {})).value;
  yield* await checkProgram(config);
  yield* await checkSecrets(config, env, file);
  const data = places?.data ?? config.data ?? daemonDirectory(env);
  yield* await checkDisk(config, data, clock);
  yield checkOpenFiles(config);
  yield await checkClock(data, clock, daemon);
  yield* checkInterface(config);
  if (daemon === null) {
    yield* await checkFreePorts(config);
    return;
  }
  yield* await checkApi(config);
  yield* checkReachable(daemon);
  yield* checkRunning(daemon);
}
