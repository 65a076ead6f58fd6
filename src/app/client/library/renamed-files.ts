/** Where the files of a new torrent lie that were renamed elsewhere: what its user says, held against the torrent. */
import type { FileIndex } from '../../../base/units.ts';
import { type Metainfo, safeName } from '../../../codec/metainfo/index.ts';
import { clientError } from '../errors.ts';
import { fileOf } from './file-of.ts';

/** Without those that lie where the torrent says. Throws CLIENT_NO_METADATA, CLIENT_NO_SUCH_FILE and CLIENT_BAD_NAME. */
export function renamedFiles(
  paths: ReadonlyMap<FileIndex, readonly string[]>,
  metainfo: Metainfo | null,
): ReadonlyMap<FileIndex, readonly string[]> {
  if (paths.size > 0 && metainfo === null) {
    throw clientError('CLIENT_NO_METADATA', 'the files of the torrent are not known yet');
  }
  const renamed = new Map<FileIndex, readonly string[]>();
  for (const [index, path] of paths) {
    const file = fileOf(metainfo, index);
    if (path.length === 0 || path.some((name) => name === '' || safeName(name, '') !== name)) {
      throw clientError('CLIENT_BAD_NAME', `${JSON.stringify(path.join('/'))} is no path that every system can have`);
    }
    if (path.join('/') !== file.path.join('/')) renamed.set(index, path);
  }
  return renamed;
}
