/**
 * Folders whose torrent files are added: `.torrent`, `.dst`, and `.magnet` with a link as text. A file within a folder of
 * theirs gets its name as category. They are read every few seconds, which works on every file system; a file counts
 * when it has not changed between two looks, for it may still be being written.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toText } from '../../../base/bytes.ts';
import { codeOf, DstError, messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ClientConfig } from '../../config/index.ts';
import { readTorrentFile } from '../../torrent-file/index.ts';
import type { Torrents } from '../torrents.ts';

export interface WatchServices {
  readonly torrents: Pick<Torrents, 'add'>;
  readonly config: () => Pick<ClientConfig, 'torrents'>;
  readonly logger: Logger;
}

interface Found {
  readonly path: string;
  readonly category: string;
}

const SOURCE = /\.(torrent|dst|magnet)$/i;

export class WatchFolders {
  readonly #services: WatchServices;
  /** Size and time of each file at the last look. */
  #seen = new Map<string, string>();
  #problem: string | null = null;

  constructor(services: WatchServices) {
    this.#services = services;
  }

  /** What is wrong with one of the folders; null: nothing. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Adds what has come. Every few seconds, one look after another. */
  async look(): Promise<void> {
    const { watch } = this.#services.config().torrents;
    const problems: string[] = [];
    const found: Found[] = [];
    for (const folder of watch) {
      try {
        found.push(...(await list(folder)));
      } catch (error) {
        problems.push(`${folder}: ${messageOf(error)}`);
      }
    }
    this.#problem = problems.length === 0 ? null : problems.join('; ');
    const seen = new Map<string, string>();
    for (const one of found) {
      const mark = await markOf(one.path);
      if (mark === null) continue;
      if (this.#seen.get(one.path) === mark) await this.#take(one);
      else seen.set(one.path, mark);
    }
    this.#seen = seen;
  }

  async #take({ path, category }: Found): Promise<void> {
    const { torrents, logger } = this.#services;
    try {
      const bytes = await readTorrentFile(path);
      const source = path.toLowerCase().endsWith('.magnet') ? toText(bytes).trim() : bytes;
      const { torrent, isDuplicate } = await torrents.add({ source, settings: { category } });
      logger.info('added from a watched folder', { path, hash: torrent.hash, isDuplicate });
    } catch (error) {
      logger.warn('a file of a watched folder cannot be added', {
        path,
        code: codeOf(error),
        reason: messageOf(error),
      });
      // A full disk may have space the next time; what is no torrent stays none.
      if (!(error instanceof DstError) || error.category === 'storage') return;
      await this.#putAway(path, '.rejected');
      return;
    }
    const { watchAction } = this.#services.config().torrents;
    await this.#putAway(path, watchAction === 'rename' ? '.added' : null);
  }

  /** What cannot be put away is a duplicate at every look, and harms nobody. */
  async #putAway(path: string, ending: string | null): Promise<void> {
    try {
      await (ending === null ? rm(path) : rename(path, path + ending));
    } catch (error) {
      this.#problem = `${path} cannot be put away: ${messageOf(error)}`;
    }
  }
}

async function list(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && SOURCE.test(entry.name)) found.push({ path: join(folder, entry.name), category: '' });
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const within = await readdir(join(folder, entry.name), { withFileTypes: true }).catch(() => []);
    for (const file of within) {
      if (!file.isFile() || !SOURCE.test(file.name)) continue;
      found.push({ path: join(folder, entry.name, file.name), category: entry.name });
    }
  }
  return found;
}

/** Null for an empty file, which somebody is about to write. */
async function markOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  return found === null || found.size === 0 ? null : `${found.size} ${found.mtimeMs}`;
}
