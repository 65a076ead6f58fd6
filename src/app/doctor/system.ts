/** What the operating system allows, and what its clock says. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { ClientConfig } from '../config/index.ts';
import { type Check, ok, problem, warning } from './check.ts';
import type { RunningDaemon } from './running-daemon.ts';

/** Files, journals and listening sockets besides the connections. */
const OTHER_FILES = 256;

/** Node lets a program open as many files as the hard limit allows. */
export function checkOpenFiles({ peers }: Pick<ClientConfig, 'peers'>, most: number | null = openFileLimit()): Check {
  const needed = peers.connections + OTHER_FILES;
  if (most === null) return ok('limits', 'any number of files may be open');
  if (most >= needed) return ok('limits', `${most} files may be open, ${needed} are needed`);
  return problem(
    'limits',
    `only ${most} files may be open, and ${peers.connections} connections need ${needed}`,
    `Allow more (\`ulimit -n ${needed}\`; LimitNOFILE of systemd), or set peers.connections lower.`,
  );
}

/** Null: no limit, or none that is known. */
function openFileLimit(): number | null {
  interface Report {
    readonly userLimits?: { readonly open_files?: { readonly hard: number | string } };
  }
  const hard = (process.report.getReport() as Report).userLimits?.open_files?.hard;
  return typeof hard === 'number' ? hard : null;
}

/** No machine with this program can have an earlier time: 2026-01-01. */
const EARLIEST: UnixSeconds = 1_767_225_600;
const LATEST: UnixSeconds = 4_102_444_800;
/** Clocks that are set by others jump by less. */
const TOLERANCE = 60;
const SET_IT = 'Set the clock, and let it be kept right (NTP): certificates, schedules and announces go by it.';

export async function checkClock(data: string, clock: Clock, daemon: RunningDaemon | null): Promise<Check> {
  const now = clock.wall();
  const date = new Date(now * 1000).toISOString().slice(0, 10);
  if (now < EARLIEST || now > LATEST) return problem('clock', `the clock says ${date}, which cannot be`, SET_IT);
  const written = await lastWritten(data);
  if (written !== null && written > now + TOLERANCE) {
    const when = new Date(written * 1000).toISOString();
    return warning('clock', `the clock says ${date}, but the daemon wrote something at ${when}`, SET_IT);
  }
  const jump = daemon === null ? 0 : Math.round(now - daemon.startedAt - daemon.seconds);
  if (Math.abs(jump) > TOLERANCE) {
    const words = `the clock was set by ${jump} s since the daemon started, or the machine slept`;
    return warning('clock', words, 'Nothing is to be done, unless it happens often.');
  }
  return ok('clock', `the clock says ${date}`);
}

/** When the daemon wrote into its folder last; null: never. */
async function lastWritten(folder: string): Promise<UnixSeconds | null> {
  const found = await stat(join(folder, 'daemon.pid')).catch(() => null);
  return found === null ? null : Math.floor(found.mtimeMs / 1000);
}
