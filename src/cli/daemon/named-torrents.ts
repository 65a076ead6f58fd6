/** Which torrents of the daemon are meant: by id, by hash or its beginning, or by name. */
import type { TorrentView } from '../../app/client/index.ts';
import { cliError } from '../errors.ts';
import type { DaemonClient } from './daemon-client.ts';

/** What is needed of a torrent to find it. */
export type NamedTorrent = Pick<TorrentView, 'id' | 'hash' | 'hashV2' | 'name'>;

/** What the daemon answers to a question for torrents, with the fields that were asked for. */
export interface TorrentList<T> {
  readonly revision: number;
  /** False: `torrents` are those that have changed. */
  readonly isFull: boolean;
  readonly torrents: readonly T[];
  readonly removed: readonly { readonly id: number; readonly hash: string }[];
}

const NAMED_FIELDS = ['id', 'hash', 'hashV2', 'name'] as const;
/** Fewest digits of a hash that may stand for it. */
const FEWEST_DIGITS = 6;
/** Most torrents that an error names. */
const MOST_SHOWN = 5;

export const TORRENT_HELP = 'id, hash or its beginning, or a part of the name; `all` for all of them';

/** The torrents that are meant, with the fields that are asked for besides. Rejects TORRENT_UNKNOWN and TORRENT_AMBIGUOUS. */
export async function findTorrents<K extends keyof TorrentView = keyof NamedTorrent>(
  client: DaemonClient,
  names: readonly string[],
  fields: readonly K[] = [],
): Promise<Pick<TorrentView, K | keyof NamedTorrent>[]> {
  type Found = Pick<TorrentView, K | keyof NamedTorrent>;
  const wanted = [...new Set<string>([...NAMED_FIELDS, ...fields])].join(',');
  const { torrents } = await client.call<TorrentList<Found>>('/torrents', { query: { fields: wanted } });
  return resolveNames(torrents, names);
}

/** Throws TORRENT_UNKNOWN and TORRENT_AMBIGUOUS. A torrent that is named twice is there once. */
export function resolveNames<T extends NamedTorrent>(torrents: readonly T[], names: readonly string[]): T[] {
  return [...new Set(names.flatMap((name) => (name === 'all' ? torrents : [resolveName(torrents, name)])))];
}

function resolveName<T extends NamedTorrent>(torrents: readonly T[], name: string): T {
  const wanted = name.toLowerCase();
  // Each way of naming is tried only when those before it lead to nothing.
  const ways: ((torrent: T) => boolean)[] = [
    ({ id }) => String(id) === wanted,
    ({ hash, hashV2 }) => isBeginning(wanted, hash) || isBeginning(wanted, hashV2 ?? ''),
    (torrent) => torrent.name.toLowerCase() === wanted,
    (torrent) => wanted !== '' && torrent.name.toLowerCase().includes(wanted),
  ];
  for (const way of ways) {
    const found = torrents.filter(way);
    if (found.length === 1) return found[0] as T;
    if (found.length > 1) throw cliError('TORRENT_AMBIGUOUS', ambiguity(name, found));
  }
  throw cliError('TORRENT_UNKNOWN', `there is no torrent "${name}"`);
}

const isBeginning = (digits: string, hash: string): boolean =>
  digits.length >= FEWEST_DIGITS && hash.startsWith(digits);

function ambiguity(name: string, found: readonly NamedTorrent[]): string {
  const shown = found.slice(0, MOST_SHOWN).map((torrent) => `${torrent.id} ${torrent.name}`);
  const more = found.length > shown.length ? [`and ${found.length - shown.length} more`] : [];
  return `"${name}" fits ${found.length} torrents: ${[...shown, ...more].join(', ')}`;
}
