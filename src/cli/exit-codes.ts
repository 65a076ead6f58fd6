/** What the process's exit code says. Scripts rely on it; docs/cli.md lists it. */
import { codeOf, DstError, type ErrorCategory } from '../base/errors.ts';

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
  config: 10,
  daemon: 11,
  untrusted: 12,
  locked: 13,
  badSignature: 14,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** Codes that say more than their category: of the system, and our own. */
const byCode: Readonly<Record<string, number>> = {
  ENOENT: ExitCode.notFound,
  ENOTDIR: ExitCode.notFound,
  EACCES: ExitCode.permission,
  EPERM: ExitCode.permission,
  EEXIST: ExitCode.exists,
  STORAGE_ACCESS_DENIED: ExitCode.permission,
  STORAGE_TARGET_EXISTS: ExitCode.exists,
  OUTPUT_EXISTS: ExitCode.exists,
  SEED_INCOMPLETE: ExitCode.incomplete,
  DAEMON_UNREACHABLE: ExitCode.daemon,
  DAEMON_RUNNING: ExitCode.exists,
  API_NOT_FOUND: ExitCode.notFound,
  CLIENT_NOT_FOUND: ExitCode.notFound,
  CLIENT_NO_SUCH_FILE: ExitCode.notFound,
  CLIENT_TORRENT_REMOVED: ExitCode.notFound,
  TOKEN_UNKNOWN: ExitCode.notFound,
  TORRENT_UNKNOWN: ExitCode.notFound,
  ACCESS_NOT_FOUND: ExitCode.notFound,
  ACCESS_NAME_TAKEN: ExitCode.exists,
  ACCESS_DENIED: ExitCode.permission,
  API_TOKEN_MISSING: ExitCode.permission,
  API_TOKEN_INVALID: ExitCode.permission,
  API_SCOPE_MISSING: ExitCode.permission,
  API_LOCAL_ONLY: ExitCode.permission,
  CLIENT_PATH_REFUSED: ExitCode.permission,
  TORRENT_STOPPED: ExitCode.incomplete,
  CLIENT_NOT_RUNNING: ExitCode.incomplete,
  CLIENT_NO_TRACKER: ExitCode.incomplete,
  KEY_EXISTS: ExitCode.exists,
  KEY_PASSPHRASE: ExitCode.locked,
  SEALED_PASSPHRASE: ExitCode.locked,
  SEALED_NO_KEY: ExitCode.locked,
  SEALED_SIGNATURE: ExitCode.badSignature,
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
const CONFIG_CODE = /^CONFIG_/;
const SIGNATURE_CODE = /^SIGNATURE_/;

/** Exit code for an error that ends a command: what is known of it or of its causes, else by its category. */
export function exitCodeOf(error: unknown): number {
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    const code = codeOf(current) ?? '';
    if (MAGNET_CODE.test(code)) return ExitCode.corrupt;
    if (CONFIG_CODE.test(code)) return ExitCode.config;
    if (SIGNATURE_CODE.test(code)) return ExitCode.badSignature;
    const known = byCode[code];
    if (known !== undefined) return known;
    current = current.cause;
  }
  return error instanceof DstError ? byCategory[error.category] : ExitCode.unexpected;
}
