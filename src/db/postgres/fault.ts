/** Errors of pg as errors of this layer. SQLSTATE: PostgreSQL manual, appendix A. Messages never hold the password. */
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import { dbError, type dbErrors } from '../errors.ts';

/** Beginning of the SQLSTATE → our code; the first that fits counts. */
const byState: readonly (readonly [begin: string, code: keyof typeof dbErrors])[] = [
  ['23505', 'DB_DUPLICATE'],
  ['23', 'DB_CONSTRAINT'],
  ['22', 'DB_CONSTRAINT'], // data exception: out of range, malformed
  ['28', 'DB_OPEN_FAILED'], // invalid authorization
  ['3D000', 'DB_OPEN_FAILED'], // no such database
  ['42501', 'DB_OPEN_FAILED'], // insufficient privilege
  ['40', 'DB_BUSY'], // serialization failure, deadlock
  ['55P03', 'DB_BUSY'], // lock not available
  ['57014', 'DB_BUSY'], // statement timeout
  ['53100', 'DB_FULL'],
  ['53', 'DB_UNREACHABLE'], // too many connections, out of memory
  ['57P', 'DB_UNREACHABLE'], // shut down, starting up
  ['08', 'DB_UNREACHABLE'],
  ['25P03', 'DB_UNREACHABLE'], // idle-in-transaction timeout ended the connection
  ['XX001', 'DB_DAMAGED'],
  ['XX002', 'DB_DAMAGED'],
];

export function postgresFault(error: unknown): DstError {
  if (error instanceof DstError) return error;
  const words = `PostgreSQL: ${messageOf(error)}`;
  const state = codeOf(error);
  // Only what the server itself reports has a severity; anything else happened on the way to it.
  const isAnswer = typeof error === 'object' && error !== null && 'severity' in error;
  if (isAnswer && state !== null) {
    const code = byState.find(([begin]) => state.startsWith(begin))?.[1] ?? 'DB_FAILED';
    return dbError(code, words, { cause: error, details: { state } });
  }
  if (state === 'ERR_INVALID_URL')
    return dbError('DB_BAD_URL', 'the PostgreSQL address is malformed', { cause: error });
  if (words.includes('after calling end')) return dbError('DB_CLOSED', words, { cause: error });
  if (error instanceof TypeError) return dbError('DB_FAILED', words, { cause: error });
  return dbError('DB_UNREACHABLE', words, { cause: error, details: state === null ? {} : { system: state } });
}
