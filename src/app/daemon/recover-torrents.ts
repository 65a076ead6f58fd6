/** After a database was lost: torrents whose files are still kept are taken in again, stopped, for their owner to look at. */
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { decodeSealedContent } from '../sealed-torrent/index.ts';
import type { NewTorrent, Torrents } from '../client/index.ts';

const KEPT = /^([0-9a-f]{40})\.(torrent|sealed)$/;

/** Copies the files of torrents that the database does not know to `aside`, before anybody deletes them. */
export async function setAside(folder: string, known: ReadonlySet<string>, aside: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const lost = names.filter((name) => !known.has(KEPT.exec(name)?.[1] ?? '') && KEPT.test(name));
  if (lost.length > 0) await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const name of lost) await cp(join(folder, name), join(aside, name));
  return lost.length;
}

/** Adds what was set aside, stopped; a file that cannot be used stays there. Resolves with the number of those taken in. */
export async function takeIn(aside: string, torrents: Torrents, logger: Logger): Promise<number> {
  let count = 0;
  for (const name of await readdir(aside).catch(() => [])) {
    const path = join(aside, name);
    try {
      const source = sourceOf(name, await readFile(path));
      await torrents.add({ source, isStopped: true });
      await rm(path);
      count++;
    } catch (error) {
      logger.error('a torrent was not taken in again', { path, error: messageOf(error) });
    }
  }
  return count;
}

function sourceOf(name: string, bytes: Uint8Array): NewTorrent['source'] {
  return name.endsWith('.sealed') ? { metainfo: decodeSealedContent(bytes), content: bytes } : bytes;
}
