/** Data that is there before its torrent: where it lies, and under which names. */
import type { Metainfo } from '../../../codec/metainfo/index.ts';
import type { FilePaths } from '../../../storage/index.ts';
import { ownNames } from '../../torrent-file/index.ts';
import type { DurableRecord } from './durable-record.ts';
import { isAnythingThere } from './present-data.ts';
import type { TorrentRecord } from './torrent-record.ts';

/** Where files of a torrent lie, if not where it says: as its user says, or as they are called in the folder. */
export const pathsIn = async (folder: string, { info }: Metainfo, renamed: FilePaths): Promise<FilePaths> =>
  new Map([...(await ownNames(folder, info)), ...renamed]);

/**
 * What a torrent file tells when it is added, the metadata of a magnet link tells when it arrives: what is at the save path
 * already stays there, under the names that it has. Noted before it is that the metadata is there, so that no later run takes
 * other names.
 */
export async function noteFoundData(
  record: Pick<DurableRecord, 'value' | 'note'>,
  metainfo: Metainfo,
): Promise<Pick<TorrentRecord, 'directory'> & { readonly paths: FilePaths }> {
  const { savePath, choices } = record.value;
  const found = await pathsIn(savePath, metainfo, choices.paths);
  const isThere = await isAnythingThere(savePath, metainfo, found);
  // As it is by now: the user may have changed it meanwhile.
  const now = record.value;
  if (now.savePath !== savePath) return noteFoundData(record, metainfo);
  const paths = new Map([...found, ...now.choices.paths]);
  const directory = isThere ? savePath : now.directory;
  if (paths.size > now.choices.paths.size || directory !== now.directory) {
    await record.note({ directory, choices: { ...now.choices, paths } });
  }
  return { directory, paths };
}
