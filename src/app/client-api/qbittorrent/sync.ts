/** What clients ask for again and again: all that they show, or what of it has changed since the last time. */
import { addressKey } from '../../../base/address.ts';
import type { Client, ManagedTorrent, PeerView } from '../../client/index.ts';
import { LongList } from '../long-list.ts';
import { categoriesOf } from './categories.ts';
import { type Call, type Endpoints, reads } from './endpoint.ts';
import { number } from './params.ts';
import { REFRESH_INTERVAL } from './preferences.ts';
import { torrentOf } from './select-torrents.ts';
import type { ServerState, Told } from './sync-memory.ts';
import { readFields } from './torrent-fields.ts';
import { transferInfo } from './transfer.ts';

function serverState(client: Client): ServerState {
  const { ever, freeSpace, peersConnected, usesAltLimits } = client.stats();
  const isTold = ever.downloaded > 0 && ever.uploaded > 0;
  return {
    ...(transferInfo(client) as ServerState),
    alltime_dl: ever.downloaded,
    alltime_ul: ever.uploaded,
    average_time_queue: 0,
    free_space_on_disk: freeSpace ?? 0,
    // No peer or tracker is asked for it.
    last_external_address_v4: '',
    last_external_address_v6: '',
    global_ratio: isTold ? (ever.uploaded / ever.downloaded).toFixed(2) : '-',
    queued_io_jobs: 0,
    queueing: client.settings.value.queue.enabled,
    read_cache_hits: '0',
    read_cache_overload: '0',
    refresh_interval: REFRESH_INTERVAL,
    total_buffers_size: 0,
    total_peer_connections: peersConnected,
    total_queued_size: 0,
    total_wasted_session: 0,
    use_alt_speed_limits: usesAltLimits,
    use_subcategories: false,
    write_cache_overload: '0',
  };
}

/** Torrents that changed are told whole, without their hash, which stands before them. */
function torrentRows(torrents: readonly ManagedTorrent[], call: Call): object {
  const member = (torrent: ManagedTorrent): [string, object] => {
    const { hash: _hash, ...row } = readFields(torrent, call);
    return [torrent.hash, row];
  };
  const rows = new LongList(torrents, (some) => Object.fromEntries(some.map(member)));
  return torrents.length === 0 ? {} : { torrents: rows };
}

function maindata(call: Call): object {
  const { client, params, sync } = call;
  const shown = number(params, 'rid') ?? 0;
  const known = sync.find(shown);
  const { revision, isFull, changed, removed } = client.torrents.changes(known?.revision ?? -1);
  sync.trackers.update(client.torrents);
  const trackers = known === null ? null : sync.trackers.since(known.revision);
  const now: Told = {
    revision,
    server: serverState(client),
    categories: client.categories.all(),
    tags: client.categories.labels(),
  };
  const rid = sync.keep(now, shown);
  if (known === null || isFull || trackers === null) return { rid, full_update: true, ...everything(now, call) };
  const gone = removed.filter(({ hash }) => client.torrents.find(hash) === null);
  return {
    rid,
    ...torrentRows(changed, call),
    ...filled(
      'torrents_removed',
      gone.map(({ hash }) => hash),
    ),
    ...filled('trackers', trackers.changed),
    ...filled('trackers_removed', trackers.removed),
    ...differences(known, now),
  };
}

function everything(now: Told, call: Call): object {
  const { client, sync } = call;
  return {
    ...filled('categories', categoriesOf(client.categories.all())),
    server_state: now.server,
    ...filled('tags', now.tags),
    ...torrentRows(client.torrents.all(), call),
    ...filled('trackers', sync.trackers.all()),
  };
}

/** Save paths of categories by name. */
const pathsOf = ({ categories }: Told): Map<string, string> =>
  new Map(categories.map(({ name, savePath }) => [name, savePath]));

function differences(known: Told, now: Told): object {
  const server = Object.entries(now.server).filter(([name, value]) => known.server[name] !== value);
  const [paths, tags, tagsNow] = [pathsOf(known), new Set(known.tags), new Set(now.tags)];
  const pathsNow = pathsOf(now);
  const categories = now.categories.filter(({ name, savePath }) => paths.get(name) !== savePath);
  return {
    ...filled('categories', categoriesOf(categories)),
    ...filled(
      'categories_removed',
      [...paths.keys()].filter((name) => !pathsNow.has(name)),
    ),
    ...filled('server_state', Object.fromEntries(server)),
    ...filled(
      'tags',
      now.tags.filter((tag) => !tags.has(tag)),
    ),
    ...filled(
      'tags_removed',
      known.tags.filter((tag) => !tagsNow.has(tag)),
    ),
  };
}

/** What is empty is left out. */
const filled = (name: string, value: object): object => (Object.keys(value).length === 0 ? {} : { [name]: value });

const flagWords: Readonly<Record<string, string>> = {
  D: 'downloading from it',
  d: 'it does not send, though it is asked',
  U: 'uploading to it',
  u: 'it asks, but is not sent to',
  K: 'it would send, but has nothing that is wanted',
  '?': 'it would be sent to, but asks for nothing',
  O: 'optimistically chosen',
  S: 'snubbed',
  I: 'incoming connection',
  H: 'found by DHT',
  X: 'found by peer exchange',
  L: 'found in the local network',
  E: 'encrypted',
  e: 'encrypted handshake',
  P: 'uTP',
};

function peerRow(peer: PeerView): object {
  const flags = peer.flags.replaceAll(' ', '').split('');
  return {
    client: peer.client,
    connection: 'BT',
    dl_speed: peer.downloadRate,
    downloaded: peer.downloaded,
    files: '',
    flags: flags.join(' '),
    flags_desc: flags.map((letter) => `${letter} = ${flagWords[letter] ?? 'unknown'}`).join('\n'),
    ip: peer.host,
    peer_id_client: Buffer.from(peer.peerId, 'hex').toString('latin1').slice(0, 8),
    port: peer.port,
    progress: peer.progress,
    relevance: peer.amInterested ? 1 : 0,
    up_speed: peer.uploadRate,
    uploaded: peer.uploaded,
  };
}

/** Always all of them: they are few, and change all the time. */
function torrentPeers(call: Call): object {
  const peers = torrentOf(call).peers();
  return {
    rid: call.sync.nextRid(),
    full_update: true,
    show_flags: false,
    peers: Object.fromEntries(peers.map((peer) => [addressKey(peer), peerRow(peer)])),
  };
}

export const syncEndpoints: Endpoints = { 'sync/maindata': reads(maindata), 'sync/torrentPeers': reads(torrentPeers) };
