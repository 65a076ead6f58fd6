/** Which torrents a request means (rpc-spec §3.1). */
import type { ManagedTorrent, Torrents } from '../../client/index.ts';
import type { Params } from './params.ts';
import { rpcError } from './rpc-error.ts';

/** Torrents whose data moved in the last minute are recently active, by what changed since the last such question. */
export const isRecentlyActive = (ids: unknown): boolean =>
  typeof ids === 'string' && ids.replaceAll('-', '_') === 'recently_active';

/** Most ids in a request. */
const MOST_IDS = 100_000;

/**
 * Those of `ids`: a number, a hash, or a list of them; what is not there is left out. Only where nothing is said of them
 * are they all: null and an empty list are none, as in Transmission, because a program that has chosen nothing would
 * otherwise remove everything. (A number below 0, which transmission-remote sends for a torrent that it does not find,
 * is none.)
 */
export function selectTorrents(torrents: Torrents, params: Params): readonly ManagedTorrent[] {
  const ids = idsOf(params);
  if (ids === undefined) return torrents.all();
  const list: readonly unknown[] = Array.isArray(ids) ? ids : ids === null ? [] : [ids];
  if (list.length > MOST_IDS) throw rpcError('invalid-params', 'too many ids');
  const found = new Set<ManagedTorrent>();
  for (const id of list) {
    if (typeof id !== 'number' && typeof id !== 'string')
      throw rpcError('invalid-params', 'an id is a number or a hash');
    const torrent = torrents.find(id);
    if (torrent !== null) found.add(torrent);
  }
  return [...found];
}

/** Transmission takes one number as `id` too. */
const idsOf = ({ ids, id }: Params): unknown => (ids === undefined && typeof id === 'number' ? id : ids);
