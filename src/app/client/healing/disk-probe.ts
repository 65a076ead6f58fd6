/** What the healer asks of the disk, asked of the file system. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ByteCount } from '../../../base/units.ts';
import { spaceAt } from '../places/browse.ts';

/** What is asked of the disk; none of it rejects. */
export interface DiskProbe {
  /** Bytes that are free where the path lies; null: unknown. */
  free(path: string): Promise<ByteCount | null>;
  /** Number of the device on which the path lies; null: it is not there. */
  device(path: string): Promise<number | null>;
  /** The folder, or the one in which it would be made. */
  isWritable(path: string): Promise<boolean>;
}

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
