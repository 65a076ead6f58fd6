import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metainfo } from '../../../codec/metainfo/index.ts';

/** Whether the folder has the torrent's file or folder, whatever is in it. */
export async function isAnythingThere(directory: string, { info }: Metainfo): Promise<boolean> {
  const [top] = info.files[0]?.path ?? [];
  if (top === undefined) return false;
  return stat(join(directory, top)).then(
    () => true,
    () => false,
  );
}
