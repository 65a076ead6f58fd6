/** The folders that the client writes to: whether it can, how much room there is, how long a flush takes. */
import { access, constants, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { formatBytes } from '../../base/size.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { ClientConfig } from '../config/index.ts';
import { type Check, ok, problem, warning } from './check.ts';

/** Below these there is little, or too little, room. */
const LITTLE: ByteCount = 1024 ** 3;
const TOO_LITTLE: ByteCount = 64 * 1024 ** 2;
/** A flush that takes longer makes each finished piece wait. */
const SLOW_FLUSH: Millis = 200;
const FLUSHES = 5;
const BLOCK: ByteCount = 4096;

export async function checkDisk(
  config: Pick<ClientConfig, 'downloads' | 'incomplete'>,
  data: string,
  clock: Clock,
): Promise<readonly Check[]> {
  const folders = new Set([config.downloads, ...(config.incomplete === null ? [] : [config.incomplete]), data]);
  const checks: Check[] = [];
  for (const folder of folders) checks.push(await checkFolder(folder, clock));
  return checks;
}

async function checkFolder(folder: string, clock: Clock): Promise<Check> {
  const place = await existing(folder);
  let flush: Millis | null;
  try {
    flush = place === folder ? await flushTime(folder, clock) : null;
    await access(place, constants.W_OK);
  } catch (error) {
    return problem('disk', `${place} cannot be written: ${messageOf(error)}`, adviceFor(codeOf(error)));
  }
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const missing = place === folder ? '' : ' (it is made when it is needed)';
  const facts = `${folder}${missing}: ${formatBytes(free)} free${flush === null ? '' : `, a flush takes ${Math.round(flush)} ms`}`;
  if (free < TOO_LITTLE) return problem('disk', facts, 'Free some space, or choose another folder.');
  if (free < LITTLE) return warning('disk', facts, 'Downloads will stop when it is used up: free some space.');
  if (flush !== null && flush > SLOW_FLUSH) {
    return warning('disk', facts, 'That is slow: look for other programs that use the disk, or choose a faster one.');
  }
  return ok('disk', facts);
}

function adviceFor(code: string | null): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Free some space, or choose another folder.';
  if (code === 'EROFS') return 'The file system is read-only: mount it for writing, or choose another folder.';
  return 'Check owner and permissions of the folder, or choose another one.';
}

/** The folder, or the nearest one above it that is there. */
export async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if ((await stat(at).catch(() => null)) !== null || dirname(at) === at) return at;
  }
}

/** Of some flushes that in the middle. Rejects when the folder cannot be written. */
async function flushTime(folder: string, clock: Clock): Promise<Millis> {
  const path = join(folder, `.dst-doctor-${process.pid}`);
  try {
    await using file = await open(path, 'wx');
    const times: Millis[] = [];
    for (let i = 0; i < FLUSHES; i++) {
      const begun = clock.now();
      await file.write(new Uint8Array(BLOCK));
      await file.sync();
      times.push(clock.now() - begun);
    }
    return times.sort((a, b) => a - b)[FLUSHES >> 1] as Millis;
  } finally {
    await rm(path, { force: true });
  }
}
