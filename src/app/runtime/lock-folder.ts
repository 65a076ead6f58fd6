/**
 * One process at a time in a folder. The lock is that of an SQLite file, which the system takes away from a process that
 * ends, however it ends: nothing is left to clean up.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, messageOf } from '../../base/errors.ts';

/** Takes the folder, by a file in it, until it is disposed of; null: another has it. Throws when the file cannot be made. */
export function lockFolder(folder: string, file: string): Disposable | null {
  const lock = new DatabaseSync(join(folder, file), { timeout: 0 });
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    lock.close();
    if (codeOf(error) === 'ERR_SQLITE_ERROR' && /locked|busy/i.test(messageOf(error))) return null;
    throw error;
  }
}
