/** One tracker at a time in a folder: two would overwrite each other's swarms, and clients would see now these, now those. */
import { messageOf } from '../../../base/errors.ts';
import { lockFolder } from '../../runtime/index.ts';
import { trackerServerError } from '../errors.ts';

/** Takes the folder until it is disposed of; throws FOLDER_IN_USE or FOLDER_UNUSABLE. */
export function lockTrackerFolder(directory: string): Disposable {
  let lock: Disposable | null;
  try {
    lock = lockFolder(directory, 'tracker.lock');
  } catch (cause) {
    throw unusable(directory, cause);
  }
  if (lock !== null) return lock;
  throw trackerServerError('FOLDER_IN_USE', `another tracker runs in ${directory}`, { details: { directory } });
}

export const unusable = (directory: string, cause: unknown): Error =>
  trackerServerError('FOLDER_UNUSABLE', `${directory} cannot be used: ${messageOf(cause)}`, {
    details: { directory },
    cause,
  });
