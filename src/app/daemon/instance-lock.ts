/** Sees to it that one daemon at a time works with a state folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { makeFolder } from '../../storage/index.ts';
import { lockFolder } from '../runtime/index.ts';
import { daemonError } from './errors.ts';

/** Who has the folder, for the words of the error. */
const OWNER = 'daemon.pid';

/** Takes the folder, which is made when it is not there, until it is disposed of. Throws DAEMON_RUNNING and DAEMON_STATE_UNUSABLE. */
export function lockInstance(folder: string): Disposable {
  let lock: Disposable | null;
  try {
    makeFolder(folder, 0o700);
    lock = lockFolder(folder, 'daemon.lock');
    if (lock !== null) writeFileSync(join(folder, OWNER), `${process.pid}\n`);
  } catch (cause) {
    throw daemonError('DAEMON_STATE_UNUSABLE', `${folder} cannot be used: ${messageOf(cause)}`, { cause });
  }
  if (lock !== null) return lock;
  throw daemonError('DAEMON_RUNNING', `another daemon works with ${folder}${ownerOf(folder)}`);
}

function ownerOf(folder: string): string {
  try {
    return ` (process ${Number(readFileSync(join(folder, OWNER), 'utf8'))})`;
  } catch {
    return '';
  }
}
