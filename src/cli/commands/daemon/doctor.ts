/** `dst doctor`: looks for what is wrong around the daemon, and says what to do. */
import type { SettingsPlaces } from '../../../app/client/index.ts';
import type { ClientConfig } from '../../../app/config/index.ts';
import {
  type Check,
  type CheckArea,
  checkReachable,
  checkRunning,
  examine,
  type RunningDaemon,
} from '../../../app/doctor/index.ts';
import { errorHelp } from '../../../app/error-catalog/index.ts';
import { systemClock } from '../../../base/clock.ts';
import { codeOf, messageOf } from '../../../base/errors.ts';
import type { Millis } from '../../../base/units.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags, isOnThisMachine } from '../../daemon/daemon-flags.ts';
import { ExitCode } from '../../exit-codes.ts';
import { escapeText } from '../../ui/escape.ts';
import { plural } from '../../ui/format.ts';
import type { Output } from '../../ui/output.ts';
import { paintOf } from '../../ui/paint.ts';
import type { Tone } from '../../ui/torrent-words.ts';
import { wrap } from '../../ui/wrap.ts';
import type { DaemonStats } from './stats.ts';

interface DoctorFlags extends DaemonFlags {
  readonly config?: string;
}

/** A daemon that takes longer to answer hangs. */
const PATIENCE: Millis = 10_000;

/** What the exit code is when an area has the first problem. */
const exitCodes: Readonly<Record<CheckArea, number>> = {
  configuration: ExitCode.config,
  secrets: ExitCode.permission,
  disk: ExitCode.storage,
  limits: ExitCode.permission,
  clock: ExitCode.unexpected,
  network: ExitCode.network,
  daemon: ExitCode.daemon,
  health: ExitCode.unexpected,
};

export const doctor: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Look at configuration, files with secrets, disks, limits, clock, ports and the daemon itself, and say what is wrong and what to do. Nothing is sent to other machines. Of a daemon elsewhere (--url): only what that says of itself.',
      )
      .option('--config <file>', 'configuration, TOML (default: that of the daemon)');
    addDaemonFlags(command);
    command.action(perform(performDoctor));
  },
};

async function performDoctor(context: CommandContext, flags: DoctorFlags): Promise<number> {
  const { output } = context;
  const checks: Check[] = [];
  for await (const check of checksOf(context, flags)) {
    checks.push(check);
    if (!output.options.json) tell(output, check);
  }
  const problems = checks.filter(({ status }) => status === 'problem');
  const warnings = checks.filter(({ status }) => status === 'warning');
  if (output.options.json) output.json({ ok: problems.length === 0, checks });
  output.note('');
  if (problems.length + warnings.length === 0) output.note(`${plural(checks.length, 'check')}: all is well`);
  else output.note(`${plural(problems.length, 'problem')}, ${plural(warnings.length, 'warning')}`);
  const [first] = problems;
  return first === undefined ? ExitCode.ok : exitCodes[first.area];
}

async function* checksOf(context: CommandContext, flags: DoctorFlags): AsyncGenerator<Check> {
  const asked = await askDaemon(context, flags);
  const daemon = 'daemon' in asked ? asked.daemon : null;
  if (isOnThisMachine(flags)) {
    const { config: inEffect, places } = 'config' in asked ? asked : nothingTold;
    const file = flags.config ?? null;
    yield* examine({ file, env: process.env, clock: systemClock, daemon, inEffect, places });
  } else if (daemon !== null) {
    yield* checkReachable(daemon);
    yield* checkRunning(daemon);
  }
  if ('check' in asked) yield asked.check;
}

/** What a daemon tells of itself to who may do everything. */
interface ToldConfig {
  readonly config: ClientConfig | null;
  readonly places: SettingsPlaces | null;
}

const nothingTold: ToldConfig = { config: null, places: null };

type Asked = { readonly check: Check } | ({ readonly daemon: RunningDaemon } & ToldConfig);

async function askDaemon(context: CommandContext, flags: DoctorFlags): Promise<Asked> {
  try {
    return await examined(await connect(context, flags));
  } catch (error) {
    const code = codeOf(error) ?? '';
    const advice =
      code === 'DAEMON_UNREACHABLE'
        ? 'Start it with `dst daemon`.'
        : ((await errorHelp(code)) ?? 'Look at its log, and start it again if it hangs.');
    return { check: { area: 'daemon', status: 'problem', message: messageOf(error), advice } };
  }
}

async function examined(client: DaemonClient): Promise<Asked> {
  type Health = { readonly checks: Record<string, { readonly status: string; readonly detail?: string }> };
  const signal = AbortSignal.timeout(PATIENCE);
  const { checks } = await client.call<Health>('/health', { prefix: '', signal });
  const stats = await client.call<DaemonStats>('/stats', { signal });
  const settings = await settingsOf(client, signal);
  const daemon = {
    version: stats.version,
    health: Object.fromEntries(Object.entries(checks).map(([name, { detail }]) => [name, detail ?? null])),
    startedAt: stats.startedAt,
    seconds: stats.run.seconds,
    listening: stats.listening,
    isReachable: stats.isReachable,
    activeTorrents: stats.torrents.active,
    waiting: (settings?.items ?? []).filter(({ pending }) => pending !== null).map(({ key }) => key),
  };
  return { daemon, ...(settings === null ? nothingTold : { config: configOf(settings.items), places: settings }) };
}

interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly pending: object | null;
}

interface Settings extends SettingsPlaces {
  readonly items: readonly Setting[];
}

function configOf(settings: readonly Setting[]): ClientConfig {
  const config: Record<string, unknown> = {};
  for (const { key, value } of settings) {
    const [section = '', name] = key.split('.');
    if (name === undefined) config[section] = value;
    else config[section] = { ...(config[section] as object | undefined), [name]: value };
  }
  return config as unknown as ClientConfig;
}

/** Null when they are not told: that needs the scope admin. */
async function settingsOf(client: DaemonClient, signal: AbortSignal): Promise<Settings | null> {
  try {
    return await client.call<Settings>('/settings', { signal });
  } catch (error) {
    if (codeOf(error) === 'API_SCOPE_MISSING') return null;
    throw error;
  }
}

const tones: Readonly<Record<Check['status'], Tone>> = { ok: 'good', warning: 'caution', problem: 'bad' };
const STATUS_WIDTH = 9;
const AREA_WIDTH = 15;

function tell(output: Output, { area, status, message, advice }: Check): void {
  const indent = ' '.repeat(STATUS_WIDTH + AREA_WIDTH);
  const room = output.width - indent.length;
  const [first = '', ...rest] = wrap(escapeText(message), room);
  output.line(`${paintOf(output)(status.padEnd(STATUS_WIDTH), tones[status])}${area.padEnd(AREA_WIDTH)}${first}`);
  for (const line of [...rest, ...(advice === null ? [] : wrap(escapeText(advice), room))]) output.line(indent + line);
}
