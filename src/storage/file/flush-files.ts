/** Brings files to the disk, in the background of the disk workers: a sync may take seconds. */
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import { storageFault } from './fault.ts';

/** Syncs under way at a time. */
const LANES = 8;
const isWindows = process.platform === 'win32';

/** Syncs files and the folders that name them. A file that is gone has nothing to lose. */
export async function flushFiles(paths: Iterable<string>): Promise<void> {
  const targets = new Set<string>();
  for (const path of paths) {
    targets.add(path);
    if (!isWindows) targets.add(dirname(path));
  }
  const queue = targets.values();
  const lane = async (): Promise<void> => {
    for (const path of queue) await flushFile(path);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function flushFile(path: string): Promise<void> {
  try {
    await using file = await open(path, isWindows ? 'r+' : 'r');
    await file.sync();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw storageFault(error, 'write', path);
  }
}
