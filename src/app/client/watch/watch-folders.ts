/**
 * Folders whose torrent files are added: `.torrent`, `.dst`, and `.magnet` with a link as text. A file within a folder of
 * theirs gets its name as category. They are read every few seconds, which works on every file system; a file counts
 * when it has not changed between two looks, for it may still be being written. A folder that does not answer, as on a
 * network drive, keeps none of the others from being read.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toText } from '../../../base/bytes.ts';
import { codeOf, DstError, messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ClientConfig } from '../../config/index.ts';
import { readTorrentFile } from '../../torrent-file/index.ts';
import type { FolderLooks } from '../healing/folder-looks.ts';
import type { Torrents } from '../torrents.ts';

export interface WatchServices {
  readonly torrents: Pick<Torrents, 'add'>;
  readonly looks: Pick<FolderLooks, 'at'>;
  readonly config: () => Pick<ClientConfig, 'torrents'>;
  readonly logger: Logger;
}

interface Found {
  readonly path: string;
  readonly category: string;
  readonly isLink: boolean;
  readonly isEmpty: boolean;
  /** Size and time. */
  readonly mark: string;
}

/** A file at the last look. */
interface Seen {
  readonly mark: string;
  /** Why it stays where it is, as it was told; null: nothing was. */
  readonly told: string | null;
  /** What it has come to, though it could not be put away; null: nothing yet. */
  readonly taken: Taken | null;
}

/** A file that is done with, and the ending that its name gets; null: it is deleted. */
interface Taken {
  readonly ending: '.added' | '.rejected' | null;
}

const SOURCE = /\.(torrent|dst|magnet)$/i;

export class WatchFolders {
  readonly #services: WatchServices;
  /** By folder and path. */
  #seen = new Map<string, ReadonlyMap<string, Seen>>();
  #problems: string[] = [];

  constructor(services: WatchServices) {
    this.#services = services;
  }

  /** What was wrong at the last look; null: nothing. */
  get problem(): string | null {
    return this.#problems.length === 0 ? null : this.#problems.join('; ');
  }

  /** Adds what has come. Every few seconds, one look after another. */
  async look(): Promise<void> {
    this.#problems = [];
    const seen = new Map<string, ReadonlyMap<string, Seen>>();
    for (const folder of this.#services.config().torrents.watch) {
      const before = this.#seen.get(folder) ?? new Map<string, Seen>();
      try {
        seen.set(folder, await this.#lookAt(folder, before));
      } catch (error) {
        this.#problems.push(`${folder}: ${messageOf(error)}`);
        seen.set(folder, before);
      }
    }
    this.#seen = seen;
  }

  /** Resolves with the files that stay. */
  async #lookAt(folder: string, before: ReadonlyMap<string, Seen>): Promise<ReadonlyMap<string, Seen>> {
    const found = await this.#services.looks.at(folder, () => list(folder));
    if (found === null) {
      this.#problems.push(`no answer comes from ${folder}`);
      return before;
    }
    const seen = new Map<string, Seen>();
    for (const one of found) {
      const { path, mark } = one;
      const last = before.get(path);
      if (last?.mark !== mark) {
        seen.set(path, { mark, told: null, taken: null });
        continue;
      }
      const outcome = last.taken ?? whyNot(one) ?? (await this.#take(folder, one));
      if (typeof outcome !== 'string') {
        if (!(await this.#putAway(folder, path, outcome))) seen.set(path, { mark, told: null, taken: outcome });
        continue;
      }
      seen.set(path, { mark, told: outcome, taken: null });
      if (outcome === last.told) continue;
      this.#services.logger.warn('a file of a watched folder stays there', { path, reason: outcome });
    }
    return seen;
  }

  /** Resolves with why it is to be tried again, if it is. */
  async #take(folder: string, { path, category }: Found): Promise<string | Taken> {
    const { torrents, looks, logger } = this.#services;
    try {
      const bytes = await looks.at(folder, () => readTorrentFile(path));
      if (bytes === null) return 'its folder does not answer';
      const source = path.toLowerCase().endsWith('.magnet') ? toText(bytes).trim() : bytes;
      const { torrent, isDuplicate } = await torrents.add({ source, settings: { category } });
      logger.info('added from a watched folder', { path, hash: torrent.hash, isDuplicate });
    } catch (error) {
      const reason = messageOf(error);
      if (mayPass(error)) return reason;
      logger.warn('a file of a watched folder cannot be added', { path, code: codeOf(error), reason });
      return { ending: '.rejected' };
    }
    return { ending: this.#services.config().torrents.watchAction === 'rename' ? '.added' : null };
  }

  /** Resolves with whether it is away. If not it is not added again, which would bring back what was removed meanwhile. */
  async #putAway(folder: string, path: string, { ending }: Taken): Promise<boolean> {
    try {
      const put = (): Promise<void> => (ending === null ? rm(path) : rename(path, path + ending));
      return (await this.#services.looks.at(folder, put)) !== null;
    } catch (error) {
      this.#problems.push(`${path} cannot be put away: ${messageOf(error)}`);
      return false;
    }
  }
}

async function list(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    found.push(...(await foundAs(folder, '', entry)));
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const within = join(folder, entry.name);
    const files = await readdir(within, { withFileTypes: true }).catch(() => []);
    for (const file of files) found.push(...(await foundAs(within, entry.name, file)));
  }
  return found;
}

/** Nothing, if it is no torrent file, or has gone. */
async function foundAs(folder: string, category: string, entry: Dirent): Promise<Found[]> {
  const isLink = entry.isSymbolicLink();
  if (!SOURCE.test(entry.name) || !(isLink || entry.isFile())) return [];
  const path = join(folder, entry.name);
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return [];
  return [{ path, category, isLink, isEmpty: stats.size === 0, mark: `${stats.size} ${stats.mtimeMs}` }];
}

/** Why a file is not even tried, and what to do; null: it is. */
function whyNot({ isLink, isEmpty }: Found): string | null {
  if (isLink) return 'it is a symbolic link, and those are not followed: put the file itself here';
  return isEmpty ? 'it is empty: put the whole file here, or delete it' : null;
}

/** A full disk may have space the next time, and a server be back; what is no torrent stays none. */
const mayPass = (error: unknown): boolean =>
  !(error instanceof DstError) || error.category === 'storage' || error.isRetryable || error.code === 'CLIENT_CLOSED';
