/** What the process's exit code says. Scripts rely on it; docs/cli.md lists it. */
import { DstError, type ErrorCategory } from '../base/errors.ts';

export const ExitCode = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  permission: 4,
  network: 5,
  corrupt: 6,
  incomplete: 7,
  storage: 8,
  exists: 9,
  untrusted: 12,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** System errors say more than the category of the error around them. */
const bySystemCode: Readonly<Record<string, number>> = {
  ENOENT: ExitCode.notFound,
  ENOTDIR: ExitCode.notFound,
  EACCES: ExitCode.permission,
  EPERM: ExitCode.permission,
  EEXIST: ExitCode.exists,
};

const byCode: Readonly<Record<string, number>> = {
  OUTPUT_EXISTS: ExitCode.exists,
  SEED_INCOMPLETE: ExitCode.incomplete,
};

const byCategory: Readonly<Record<ErrorCategory, number>> = {
  usage: ExitCode.usage,
  protocol: ExitCode.network,
  network: ExitCode.network,
  storage: ExitCode.storage,
  integrity: ExitCode.corrupt,
  security: ExitCode.untrusted,
  internal: ExitCode.unexpected,
};

/** A magnet link that breaks a rule counts as corrupt data, as a torrent does. */
const MAGNET_CODE = /^MAGNET_/;

/** Exit code for an error that ends a command. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof DstError)) return systemCodeOf(error) ?? ExitCode.unexpected;
  if (MAGNET_CODE.test(error.code)) return ExitCode.corrupt;
  return byCode[error.code] ?? systemCodeOf(error) ?? byCategory[error.category];
}

/** Exit code of the nearest system error in the chain of causes, or null. */
function systemCodeOf(error: unknown): number | null {
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    const code = 'code' in current && typeof current.code === 'string' ? bySystemCode[current.code] : undefined;
    if (code !== undefined) return code;
    current = current.cause;
  }
  return null;
}
