/** What the healer asks of the disk, asked of the file system. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { spaceAt } from '../places/browse.ts';
import type { DiskProbe } from './healer.ts';

const isYes = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );

async function isWritable(path: string): Promise<boolean> {
  const parent = dirname(path);
  if (await isYes(stat(path))) return isYes(access(path, constants.W_OK | constants.X_OK));
  return parent !== path && isWritable(parent);
}

export const fileSystemProbe: DiskProbe = {
  free: (path) =>
    spaceAt(path).then(
      ({ free }) => free,
      () => null,
    ),
  device: (path) =>
    stat(path).then(
      ({ dev }) => dev,
      () => null,
    ),
  isWritable,
};
