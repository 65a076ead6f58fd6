/** Second names of torrents. An alias leads to a torrent of its own: announces follow no chains. */
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { TorrentChange, TrackerRepository } from '../../../db/index.ts';
import { apiError } from '../../http-api/index.ts';

/** Changes torrents, all or none. Rejects with API_INVALID when an alias would lead to another alias, and DB_*. */
export async function changeTorrents(
  torrents: TrackerRepository['torrents'],
  changes: readonly TorrentChange[],
): Promise<void> {
  /** Info hash → where it leads from now on, as far as the changes say so; of several words the last counts. */
  const leads = new Map<string, Uint8Array | null>();
  for (const { infoHash, aliasOf } of changes) if (aliasOf !== undefined) leads.set(toHex(infoHash), aliasOf);
  const aliases = [...leads].flatMap(([from, to]) => (to === null ? [] : [{ from, to }]));
  for (const { from, to } of aliases) {
    const next = leads.get(toHex(to));
    const further = next === undefined ? (await torrents.find(to))?.aliasOf : next;
    if (further !== undefined && further !== null) throw chainAt(from);
  }
  // One more than the changes can speak of is enough to find one of which they say nothing.
  const pointing = await torrents.aliasesOf(
    aliases.map(({ from }) => fromHex(from) as Uint8Array),
    leads.size + 1,
  );
  const forgotten = pointing.map(toHex).find((infoHash) => !leads.has(infoHash));
  if (forgotten !== undefined) throw chainAt(forgotten);
  await torrents.change(changes);
}

const chainAt = (infoHash: string): Error => apiError('API_INVALID', `${infoHash} would be an alias of an alias`);
