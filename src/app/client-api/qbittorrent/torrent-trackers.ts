/** Trackers of torrents. */
import type { ManagedTorrent, TrackerView } from '../../client/index.ts';
import { badParams, conflict } from './api-fault.ts';
import { type Call, changes, type Endpoints, reads } from './endpoint.ts';
import { number, parts, required, text } from './params.ts';
import { torrentOf } from './select-torrents.ts';

const DISABLED = 0;
const NOT_CONTACTED = 1;
const WORKING = 2;
const UPDATING = 3;
const NOT_WORKING = 4;

function statusOf({ state, lastAnnounceAt }: TrackerView): number {
  switch (state) {
    case 'working':
      return UPDATING;
    case 'ok':
      return WORKING;
    case 'failed':
      return NOT_WORKING;
    case 'idle':
      return lastAnnounceAt === null ? NOT_CONTACTED : WORKING;
  }
}

/**
 * Other sources of peers come first, as trackers of tier -1: clients find in the first of them whether the torrent is
 * private, by its words.
 */
const otherSources = (isPrivate: boolean): object[] =>
  ['** [DHT] **', '** [PeX] **', '** [LSD] **'].map((url) => ({
    msg: isPrivate ? 'This torrent is private' : '',
    num_downloaded: 0,
    num_leeches: 0,
    num_peers: 0,
    num_seeds: 0,
    status: DISABLED,
    tier: -1,
    url,
  }));

function list(call: Call): object[] {
  const torrent = torrentOf(call);
  const rows = torrent.trackers().map((tracker) => ({
    msg: tracker.message ?? '',
    num_downloaded: tracker.downloads ?? -1,
    num_leeches: tracker.leechers ?? -1,
    num_peers: tracker.peersReceived,
    num_seeds: tracker.seeders ?? -1,
    status: statusOf(tracker),
    tier: tracker.tier,
    url: tracker.url,
  }));
  return [...otherSources(torrent.view().isPrivate), ...rows];
}

type Tiers = Map<number, string[]>;

const put = (tiers: Tiers, tier: number, url: string): Tiers => tiers.set(tier, [...(tiers.get(tier) ?? []), url]);

/** The trackers by tier, some of them otherwise: null takes one away. */
function tiersOf(torrent: ManagedTorrent, change: (url: string) => string | null): Tiers {
  const tiers: Tiers = new Map();
  for (const { url, tier } of torrent.trackers()) {
    const changed = change(url);
    if (changed !== null) put(tiers, tier, changed);
  }
  return tiers;
}

const setTiers = (torrent: ManagedTorrent, tiers: Tiers): Promise<void> =>
  torrent.setTrackers([...tiers].toSorted(([a], [b]) => a - b).map(([, urls]) => urls));

/** A URL on a line; an empty line begins the next tier. */
async function add(call: Call): Promise<void> {
  const torrent = torrentOf(call);
  const tiers = tiersOf(torrent, (url) => url);
  const known = new Set([...tiers.values()].flat());
  let tier = 0;
  for (const line of required(call.params, 'urls').split('\n')) {
    const url = line.trim();
    if (url === '') tier++;
    else if (!known.has(url)) put(tiers, tier, url);
    known.add(url);
  }
  await setTiers(torrent, tiers);
}

async function edit(call: Call): Promise<void> {
  const { params } = call;
  const torrent = torrentOf(call);
  const old = text(params, 'origUrl') ?? required(params, 'url');
  const changed = text(params, 'newUrl')?.trim() ?? '';
  const tier = number(params, 'tier');
  if (changed === '' && tier === undefined) throw badParams('Parameter newUrl is missing');
  if (tier !== undefined && !(Number.isInteger(tier) && tier >= 0 && tier <= 255)) throw badParams('tier is invalid');
  if (changed !== '' && !URL.canParse(changed)) throw badParams('New tracker URL is invalid');
  const known = torrent.trackers().find(({ url }) => url === old);
  const wanted = { url: changed === '' ? old : changed, tier: tier ?? known?.tier };
  if (known !== undefined && wanted.url === old && wanted.tier === known.tier) return;
  if (wanted.url !== old && torrent.trackers().some(({ url }) => url === changed)) {
    throw conflict('New tracker URL already exists');
  }
  if (known === undefined) throw conflict('Tracker not found');
  const isMoved = wanted.tier !== known.tier;
  const tiers = tiersOf(torrent, (url) => (url !== old ? url : isMoved ? null : wanted.url));
  await setTiers(torrent, isMoved ? put(tiers, wanted.tier as number, wanted.url) : tiers);
  announce(torrent);
}

/** URLs with `|` between them, encoded as parts of addresses, or as they are. */
async function remove(call: Call): Promise<void> {
  const torrent = torrentOf(call);
  const given = parts(required(call.params, 'urls'), '|');
  const gone = new Set([...given, ...given.map(decoded)]);
  await setTiers(
    torrent,
    tiersOf(torrent, (url) => (gone.has(url) ? null : url)),
  );
  announce(torrent);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

function announce(torrent: ManagedTorrent): void {
  if (torrent.view().state !== 'stopped') torrent.reannounce();
}

export const torrentTrackers: Endpoints = {
  'torrents/addTrackers': changes(add),
  'torrents/editTracker': changes(edit),
  // As some clients spell it.
  'torrents/editTrackers': changes(edit),
  'torrents/removeTrackers': changes(remove),
  'torrents/trackers': reads(list),
};
