/** Files as callers name them: by their index in the torrent, which counts pads too; a pad is no file of theirs. */
import type { FileIndex } from '../../../base/units.ts';
import type { FileEntry, Metainfo } from '../../../codec/metainfo/index.ts';
import { clientError } from '../errors.ts';

/** Throws CLIENT_NO_SUCH_FILE. */
export function fileOf(metainfo: Metainfo | null, index: FileIndex): FileEntry {
  const file = metainfo?.info.files[index];
  if (file !== undefined && !file.isPad) return file;
  throw clientError(
    'CLIENT_NO_SUCH_FILE',
    `the torrent has no file ${index}${file === undefined ? '' : ': that is a pad'}`,
  );
}
