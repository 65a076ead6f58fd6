/** Where the files of a new torrent lie that were renamed elsewhere: what its user says, held against the torrent. */
import { escapeJson } from '../../../base/printable.ts';
import type { FileIndex } from '../../../base/units.ts';
import { type Metainfo, unsafeReason } from '../../../codec/metainfo/index.ts';
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
    if (path.length === 0) throw clientError('CLIENT_BAD_NAME', `the path of file ${index} is empty`);
    for (const name of path) mustBeFileName(name);
    if (path.join('/') !== file.path.join('/')) renamed.set(index, path);
  }
  return renamed;
}

/** Throws CLIENT_BAD_NAME with what is wrong, unless files and folders can be called so on every system. */
export function mustBeFileName(name: string): void {
  const reason = unsafeReason(name);
  if (reason === null) return;
  const shown = escapeJson(JSON.stringify(name));
  throw clientError('CLIENT_BAD_NAME', `${shown} is not a name that every system can have: ${reason}`);
}
