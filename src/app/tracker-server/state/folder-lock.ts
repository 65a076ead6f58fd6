/**
 * One tracker at a time in a folder: two would overwrite each other's swarms, and clients would see now these, now those.
 * The lock is that of an SQLite file, which the system takes away from a process that ends, however it ends.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, messageOf } from '../../../base/errors.ts';
import { trackerServerError } from '../errors.ts';

/** Takes the folder until it is disposed of; throws FOLDER_IN_USE or FOLDER_UNUSABLE. */
export function lockFolder(directory: string): Disposable {
  const details = { directory };
  let lock: DatabaseSync | null = null;
  try {
    lock = new DatabaseSync(join(directory, 'tracker.lock'), { timeout: 0 });
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    const held = lock;
    return { [Symbol.dispose]: () => held.close() };
  } catch (cause) {
    lock?.close();
    const isBusy = codeOf(cause) === 'ERR_SQLITE_ERROR' && /locked|busy/i.test(messageOf(cause));
    if (isBusy) throw trackerServerError('FOLDER_IN_USE', `another tracker runs in ${directory}`, { details });
    throw unusable(directory, cause);
  }
}

export const unusable = (directory: string, cause: unknown): Error =>
  trackerServerError('FOLDER_UNUSABLE', `${directory} cannot be used: ${messageOf(cause)}`, {
    details: { directory },
    cause,
  });
