/** Brings files to the disk, in the background of the disk workers: a sync may take seconds. */
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import type { Site } from './disk-jobs.ts';
import { storageFault } from './fault.ts';
import { awaitSaveFolder } from './save-folder.ts';
import { pathIn } from './verified-folders.ts';

/** Syncs under way at a time. */
const LANES = 8;
const isWindows = process.platform === 'win32';

/** Syncs files and the folders that name them. A file that is gone has nothing to lose; all of them are STORAGE_MISSING. */
export async function flushFiles(site: Site, paths: Iterable<string>): Promise<void> {
  const targets = new Set<string>();
  for (const path of paths) {
    const full = pathIn(site, path);
    targets.add(full);
    if (!isWindows) targets.add(dirname(full));
  }
  const queue = targets.values();
  const lane = async (): Promise<void> => {
    for (const path of queue) await flushFile(path);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (targets.size > 0) await awaitSaveFolder(site);
}

async function flushFile(path: string): Promise<void> {
  try {
    await using file = await open(path, isWindows ? 'r+' : 'r');
    await file.sync();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw storageFault(error, 'write', path);
  }
}
