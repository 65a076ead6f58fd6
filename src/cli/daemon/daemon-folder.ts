/** A folder that the daemon is told of. */
import { isAbsolute, resolve } from 'node:path';
import { cliError } from '../errors.ts';
import { type DaemonFlags, isOnThisMachine } from './daemon-flags.ts';

/** Absolute; on another machine nobody knows what a path is relative to. Throws USAGE_VALUE. */
export function daemonFolder(folder: string, flags: DaemonFlags): string {
  if (folder === '') throw cliError('USAGE_VALUE', 'a folder has a name: it cannot be empty');
  if (isOnThisMachine(flags)) return resolve(folder);
  if (isAbsolute(folder)) return folder;
  throw cliError('USAGE_VALUE', `"${folder}" is not an absolute path, as a daemon elsewhere needs it`);
}
