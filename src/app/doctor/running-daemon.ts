/** What a running daemon says of itself. */
import type { UnixSeconds } from '../../base/units.ts';
import { version } from '../../base/version.ts';
import type { HealthChecks } from '../client/index.ts';
import { type Check, ok, problem, warning } from './check.ts';

export interface RunningDaemon {
  readonly version: string;
  readonly health: HealthChecks;
  readonly startedAt: UnixSeconds;
  /** That it has run, by a clock that nobody sets. */
  readonly seconds: number;
  /** Addresses at which it takes peers. */
  readonly listening: readonly string[];
  /** Somebody has connected to it since its start. */
  readonly isReachable: boolean;
  /** Torrents that move something. */
  readonly activeTorrents: number;
  /** Keys of the configuration whose new values wait for a restart. */
  readonly waiting: readonly string[];
}

/** Whoever could connect has had time for it, seconds. */
const LONG_ENOUGH = 3600;

/** By the name of the check, where there is better than the log. */
const healthAdvice: Readonly<Record<string, string>> = {
  torrents:
    '`dst ls --state failed` lists them, `dst why` tells what to do; they go on by themselves when that is done.',
  configuration: 'Correct the file: it counts as soon as it is valid.',
};

export function checkRunning(daemon: RunningDaemon): Check[] {
  const checks = [
    daemon.version === version
      ? ok('daemon', `it runs, version ${daemon.version}`)
      : warning(
          'daemon',
          `it runs with version ${daemon.version}, and this is ${version}`,
          'Start the daemon again after an update.',
        ),
  ];
  if (daemon.waiting.length > 0) {
    const words = `it has not been started again since these were changed: ${daemon.waiting.join(', ')}`;
    checks.push(warning('daemon', words, 'Start the daemon again, so that they count.'));
  }
  const wrong = Object.entries(daemon.health).filter(([, detail]) => detail !== null);
  for (const [check, detail] of wrong) {
    checks.push(
      problem(
        'health',
        `${check}: ${detail}`,
        healthAdvice[check] ?? 'The log of the daemon tells more; it heals by itself where it can.',
      ),
    );
  }
  const looked = Object.keys(daemon.health);
  if (wrong.length === 0 && looked.length > 0) checks.push(ok('health', `all is well with ${looked.join(', ')}`));
  return checks;
}

/** The port for peers as those outside see it. */
export function checkReachable(daemon: RunningDaemon): Check[] {
  const { listening, isReachable, seconds, activeTorrents } = daemon;
  if (listening.length === 0) {
    return [problem('network', 'peers are accepted nowhere', 'Look at `dst stats` and the log of the daemon.')];
  }
  const words = `peers are accepted at ${listening.join(', ')}`;
  if (isReachable || seconds < LONG_ENOUGH || activeTorrents === 0) return [ok('network', words)];
  return [
    warning(
      'network',
      `${words}, but nobody has connected yet`,
      'Forward the port (peers.port) on the router, and let it pass the firewall.',
    ),
  ];
}
