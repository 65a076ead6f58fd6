/** Which torrents a request means. */
import type { ManagedTorrent } from '../../client/index.ts';
import { eachTorrent } from '../each-torrent.ts';
import { badParams, notFound } from './api-fault.ts';
import { type Call, changes, type Endpoint } from './endpoint.ts';
import { parts, required } from './params.ts';

/** Most hashes in a request. */
const MOST_HASHES = 100_000;

/** Those of a list with `|` between them, each once. */
export function hashesIn(list: string): string[] {
  const hashes = [...new Set(parts(list, '|'))];
  if (hashes.length > MOST_HASHES) throw badParams('Too many hashes');
  return hashes;
}

/** The one of `hash`. Throws 404 when there is none. */
export function torrentOf({ client, params }: Pick<Call, 'client' | 'params'>): ManagedTorrent {
  const torrent = client.torrents.find(required(params, 'hash').trim());
  if (torrent === null) throw notFound();
  return torrent;
}

/** Those of a list of hashes with `|` between them, or `all`; what is not there is passed over. */
export function torrentsOf(
  { client, params }: Pick<Call, 'client' | 'params'>,
  name = 'hashes',
): readonly ManagedTorrent[] {
  const hashes = hashesIn(required(params, name));
  if (hashes.length === 1 && hashes[0] === 'all') return [...client.torrents.all()];
  const found = hashes.map((hash) => client.torrents.find(hash)).filter((torrent) => torrent !== null);
  return [...new Set(found)];
}

/** Does something with each torrent of `hashes`. */
export const onEach = (act: (torrent: ManagedTorrent, call: Call) => Promise<void> | void, name = 'hashes'): Endpoint =>
  changes(async (call) => {
    await eachTorrent(torrentsOf(call, name), (torrent) => act(torrent, call));
  });
