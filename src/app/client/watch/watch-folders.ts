/**
 * Folders whose torrent files are added: `.torrent`, `.dst`, and `.magnet` with a link as text. A file within a folder of
 * theirs gets its name as category. They are read every few seconds, which works on every file system; a file counts
 * when it has not changed between two looks, for it may still be being written.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
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
  readonly isLink: boolean;
}

/** A file at the last look. */
interface Seen {
  /** Size and time. */
  readonly mark: string;
  /** Why it stays where it is, as it was told; null: nothing was. */
  readonly told: string | null;
}

const SOURCE = /\.(torrent|dst|magnet)$/i;

export class WatchFolders {
  readonly #services: WatchServices;
  /** By path. */
  #seen = new Map<string, Seen>();
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
    const seen = new Map<string, Seen>();
    for (const one of found) {
      const mark = await markOf(one.path);
      if (mark === null) continue;
      const last = this.#seen.get(one.path);
      const isSettled = last?.mark === mark;
      const reason = isSettled ? (whyNot(one, mark) ?? (await this.#take(one))) : null;
      if (isSettled && reason === null) continue;
      seen.set(one.path, { mark, told: reason });
      if (reason === null || reason === last?.told) continue;
      this.#services.logger.warn('a file of a watched folder stays there', { path: one.path, reason });
    }
    this.#seen = seen;
  }

  /** Resolves with why it is to be tried again; null: it is done with. */
  async #take({ path, category }: Found): Promise<string | null> {
    const { torrents, logger } = this.#services;
    try {
      const bytes = await readTorrentFile(path);
      const source = path.toLowerCase().endsWith('.magnet') ? toText(bytes).trim() : bytes;
      const { torrent, isDuplicate } = await torrents.add({ source, settings: { category } });
      logger.info('added from a watched folder', { path, hash: torrent.hash, isDuplicate });
    } catch (error) {
      const reason = messageOf(error);
      // A full disk may have space the next time; what is no torrent stays none.
      if (!(error instanceof DstError) || error.category === 'storage') return reason;
      logger.warn('a file of a watched folder cannot be added', { path, code: codeOf(error), reason });
      await this.#putAway(path, '.rejected');
      return null;
    }
    const { watchAction } = this.#services.config().torrents;
    await this.#putAway(path, watchAction === 'rename' ? '.added' : null);
    return null;
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
    found.push(...foundAs(folder, '', entry));
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const within = join(folder, entry.name);
    const files = await readdir(within, { withFileTypes: true }).catch(() => []);
    found.push(...files.flatMap((file) => foundAs(within, entry.name, file)));
  }
  return found;
}

function foundAs(folder: string, category: string, entry: Dirent): Found[] {
  const isLink = entry.isSymbolicLink();
  if (!SOURCE.test(entry.name) || !(isLink || entry.isFile())) return [];
  return [{ path: join(folder, entry.name), category, isLink }];
}

/** Null: it has gone. */
async function markOf(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  return found && `${found.size} ${found.mtimeMs}`;
}

/** Why a file is not even tried, and what to do; null: it is. */
function whyNot({ isLink }: Found, mark: string): string | null {
  if (isLink) return 'it is a symbolic link, and those are not followed: put the file itself here';
  return mark.startsWith('0 ') ? 'it is empty: put the whole file here, or delete it' : null;
}
