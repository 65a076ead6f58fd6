import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileIndex } from '../../../base/units.ts';
import type { Metainfo } from '../../../codec/metainfo/index.ts';

/** Whether the folder has the torrent's file or folder, whatever is in it; `paths`: where renamed files lie. */
export async function isAnythingThere(
  directory: string,
  { info }: Metainfo,
  paths: ReadonlyMap<FileIndex, readonly string[]>,
): Promise<boolean> {
  const [top] = paths.get(0) ?? info.files[0]?.path ?? [];
  if (top === undefined) return false;
  return stat(join(directory, top)).then(
    () => true,
    () => false,
  );
}
