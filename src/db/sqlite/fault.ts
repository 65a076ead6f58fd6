/** Errors of node:sqlite as errors of this layer. Result codes: sqlite.org/rescode.html. */
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import { dbError, type dbErrors } from '../errors.ts';

/** Primary result code → our code. */
const byPrimary: Readonly<Record<number, keyof typeof dbErrors>> = {
  3: 'DB_OPEN_FAILED', // PERM
  5: 'DB_BUSY',
  6: 'DB_BUSY', // LOCKED
  8: 'DB_OPEN_FAILED', // READONLY
  11: 'DB_DAMAGED', // CORRUPT
  13: 'DB_FULL',
  14: 'DB_OPEN_FAILED', // CANTOPEN
  19: 'DB_CONSTRAINT',
  20: 'DB_CONSTRAINT', // MISMATCH
  26: 'DB_DAMAGED', // NOTADB
};
/** Extended result codes of a constraint that says "there already": PRIMARYKEY, UNIQUE, ROWID. */
const duplicates = [1555, 2067, 2579];

export function sqliteFault(error: unknown): DstError {
  if (error instanceof DstError) return error;
  const words = messageOf(error);
  if (codeOf(error) === 'ERR_INVALID_STATE') return dbError('DB_CLOSED', words, { cause: error });
  const result = (error as { errcode?: number }).errcode ?? 0;
  const code = duplicates.includes(result) ? 'DB_DUPLICATE' : (byPrimary[result & 0xff] ?? 'DB_FAILED');
  return dbError(code, `SQLite: ${words}`, { cause: error, details: { result } });
}
