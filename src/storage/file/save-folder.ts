/**
 * Is the save folder still the one in which the data lies? When a drive is unplugged its mount point stays as an empty
 * folder of another file system: nothing may be made there in the place of what is gone. The file system is known by its
 * device number; the number of the folder itself changes at will on some network file systems.
 */
import fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, type DstError } from '../../base/errors.ts';
import { storageError } from '../errors.ts';
import type { Site } from './disk-jobs.ts';
import { storageFault } from './fault.ts';

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** Device number of a folder; null when it is not there. */
export function deviceOf(folder: string): number | null {
  try {
    return fs.statSync(folder).dev;
  } catch (error) {
    if (isMissing(error)) return null;
    throw storageFault(error, 'read', folder);
  }
}

/** The nearest folder above a path, or the path itself, that exists. */
export function existingFolder(path: string): string {
  let folder = path;
  while (deviceOf(folder) === null && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** Throws STORAGE_MISSING when the save folder was there and is gone, or lies on another file system by now. */
export function checkSaveFolder({ root, device }: Site): void {
  if (device !== null && deviceOf(root) !== device) throw missing(root);
}

/** The same without holding up the thread. */
export async function awaitSaveFolder({ root, device }: Site): Promise<void> {
  if (device === null) return;
  const found = await stat(root).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw storageFault(error, 'read', root);
  });
  if (found?.dev !== device) throw missing(root);
}

export const missing = (root: string): DstError =>
  storageError('STORAGE_MISSING', `the data in ${root} is gone`, { details: { path: root } });

/** The storage error for whatever an operation on a file threw: what is wrong with the file, or the whole folder. */
export function siteFault(error: unknown, action: 'read' | 'write', site: Site, path: string): DstError {
  try {
    checkSaveFolder(site);
  } catch (reason) {
    return reason as DstError;
  }
  return storageFault(error, action, path);
}
