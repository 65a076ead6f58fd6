/**
 * What `dst export` writes into a folder and `dst import` reads: `torrents.json` and, of each torrent whose metadata is
 * known, its torrent file, named by its hash. docs/cli.md shows it.
 */
import { join } from 'node:path';
import type { Category, TorrentSettings } from '../../app/client/index.ts';
import { messageOf } from '../../base/errors.ts';
import { cliError } from '../errors.ts';
import { readInput } from '../files.ts';

/** As the API takes it where a torrent is added; without what is as it is by default. */
export interface ExportedTorrent {
  /** How the API names it. */
  readonly hash: string;
  readonly name: string;
  /** There is no torrent file yet. */
  readonly magnet?: string;
  readonly savePath: string;
  readonly isStopped: boolean;
  readonly settings: TorrentSettings;
  readonly trackers: readonly (readonly string[])[];
  /** By index of a file, 0 … 7; those that are not 4. */
  readonly priorities?: Readonly<Record<string, number>>;
  /** By index, of renamed files: below the save path, with slashes. */
  readonly paths?: Readonly<Record<string, string>>;
}

export interface ExportedTorrents {
  readonly version: 1;
  /** Those of the torrents. */
  readonly categories: readonly Category[];
  /** In the order of the queue. */
  readonly torrents: readonly ExportedTorrent[];
}

export const listFile = (folder: string): string => join(folder, 'torrents.json');
export const torrentFile = (folder: string, hash: string): string => join(folder, `${hash}.torrent`);
/** Nothing else may name a file: it comes from a folder, or a daemon, of others. */
export const isHash = (hash: string): boolean => /^[0-9a-f]{40}$/.test(hash);

/** What of it is not used here is checked by the daemon that it is sent to. Rejects INPUT_UNREADABLE and EXPORT_INVALID. */
export async function readExported(folder: string): Promise<ExportedTorrents> {
  const path = listFile(folder);
  const bytes = await readInput(path).catch((cause: unknown) => {
    throw cliError('INPUT_UNREADABLE', messageOf(cause), { cause });
  });
  const read = parse(new TextDecoder().decode(bytes)) as Partial<ExportedTorrents> | null;
  const { version, categories, torrents } = read ?? {};
  if (version !== 1 || !isListOf(categories, isCategory) || !isListOf(torrents, isTorrent)) {
    throw cliError('EXPORT_INVALID', `${path} is not what dst export writes`);
  }
  return { version, categories, torrents };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isListOf = <T>(value: readonly T[] | undefined, isOne: (one: T) => boolean): value is readonly T[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && isOne(one));
const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed();
const isCategory = ({ name, savePath }: Category): boolean => isText(name) && isText(savePath);
const isTorrent = ({ hash, name, savePath, trackers }: ExportedTorrent): boolean =>
  isText(name) &&
  isText(savePath) &&
  isText(hash) &&
  isHash(hash) &&
  Array.isArray(trackers) &&
  trackers.every((tier: unknown) => Array.isArray(tier) && tier.every(isText));
