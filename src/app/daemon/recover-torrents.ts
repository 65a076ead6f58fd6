/**
 * Torrents whose files are kept and that the database does not know: it was lost, or the last that was written to it.
 * They are taken in again, stopped, for their owner to look at, with their data where something of it is found.
 */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { makeFolder } from '../../storage/index.ts';
import { type Client, isAnythingThere } from '../client/index.ts';
import { decodeSealedContent } from '../sealed-torrent/index.ts';
import { decodeTorrent, ownNames } from '../torrent-file/index.ts';

const KEPT = /^([0-9a-f]{40})\.(torrent|sealed)$/;

/** Names of the files of torrents in a folder. */
export const keptIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => KEPT.test(name));

/** Those of them that belong to none of these torrents. */
export const unknownOf = (kept: readonly string[], known: ReadonlySet<string>): readonly string[] =>
  kept.filter((name) => !known.has(KEPT.exec(name)?.[1] ?? ''));

/** Copies files to `aside`, before anybody deletes them. */
export async function setAside(folder: string, names: readonly string[], aside: string): Promise<void> {
  if (names.length > 0) makeFolder(aside, 0o700);
  for (const name of names) await cp(join(folder, name), join(aside, name));
}

/** Adds what was set aside, stopped; a file that cannot be used stays there. Resolves with the number of those taken in. */
export async function takeIn(aside: string, client: Client, logger: Logger): Promise<number> {
  const names = await keptIn(aside);
  const folders = names.length > 0 ? likelyFolders(client) : [];
  let count = 0;
  for (const name of names) {
    const path = join(aside, name);
    try {
      const bytes = await readFile(path);
      const metainfo = name.endsWith('.sealed') ? decodeSealedContent(bytes) : decodeTorrent(bytes);
      const savePath = await whereSomethingIs(metainfo, folders);
      await client.torrents.add({
        source: name.endsWith('.sealed') ? { metainfo, content: bytes } : bytes,
        isStopped: true,
        ...(savePath !== null && { savePath }),
      });
      await rm(path);
      count++;
    } catch (error) {
      logger.error('a torrent was not taken in again', { path, error: messageOf(error) });
    }
  }
  return count;
}

/** Folders in which data may lie: those of the configuration, of categories, and of torrents that are known. */
function likelyFolders({ settings, categories, torrents }: Client): string[] {
  const { downloads, api } = settings.value;
  const others = [...categories.all(), ...torrents.all().map((torrent) => torrent.view())];
  return [...new Set([downloads, ...others.map(({ savePath }) => savePath), ...api.roots])];
}

async function whereSomethingIs(metainfo: Metainfo, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    if (folder === '') continue;
    if (await isAnythingThere(folder, metainfo, await ownNames(folder, metainfo.info))) return folder;
  }
  return null;
}
