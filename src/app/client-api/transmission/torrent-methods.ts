/** Methods on torrents (rpc-spec §3, §4.6). */
import { isAbsolute } from 'node:path';
import type { ManagedTorrent, NewTorrent, QueueMove } from '../../client/index.ts';
import { isSealed } from '../../sealed-torrent/index.ts';
import { decodeTorrent } from '../../torrent-file/index.ts';
import { eachTorrent } from '../each-torrent.ts';
import { LongList } from '../long-list.ts';
import { areCookies, isWebAddress } from '../torrent-fetch.ts';
import type { Method, MethodContext } from './method.ts';
import { flag, number, type Params, text, texts } from './params.ts';
import { assertStillValid, rpcError } from './rpc-error.ts';
import { isRecentlyActive, selectTorrents } from './select-torrents.ts';
import { FILE_LISTS, NORMAL_PRIORITY, prioritiesOf, settingsOf, trackersOf } from './torrent-changes.ts';
import { isField, readFields } from './torrent-fields.ts';
import { snake, toLegacy } from './names.ts';
import { defaultTorrentSettings } from '../../client/index.ts';

/** Runs what is asked for on each torrent that is meant. */
const onEach =
  (act: (torrent: ManagedTorrent) => Promise<void> | void): Method['run'] =>
  async ({ client }, params) => {
    await eachTorrent(selectTorrents(client.torrents, params), act);
    return { result: {} };
  };

const queueMove =
  (to: QueueMove): Method['run'] =>
  async ({ client }, params) => {
    await client.torrents.moveInQueue(selectTorrents(client.torrents, params), to);
    return { result: {} };
  };

/** Most fields in a request; there are about a hundred, some of them in two spellings. */
const MOST_FIELDS = 200;

/** Lists of old clients say the field as they write it, and get it back so. */
async function get({ client, recent }: MethodContext, params: Params): ReturnType<Method['run']> {
  const asked = texts(params, 'fields');
  if (asked === undefined) throw rpcError('invalid-params', 'no fields specified');
  const isTable = text(params, 'format') === 'table';
  const { torrents, removed } = chosen(client.torrents, recent, params);
  // Each once, however often it is asked for; clients may mix the spellings.
  const known = [...new Set(asked)].filter((name) => isField(snake(name)));
  if (known.length > MOST_FIELDS) throw rpcError('invalid-params', 'too many fields');
  const names = known.map(snake);
  const told = (labels: readonly string[], value: (cell: unknown, name: string) => unknown): object => {
    const row = (torrent: ManagedTorrent): unknown[] =>
      readFields(torrent, names, client.settings.value).map((cell, i) => value(cell, names[i] as string));
    const object = (torrent: ManagedTorrent): object => {
      const cells = row(torrent);
      return Object.fromEntries(labels.map((label, i) => [label, cells[i]]));
    };
    const list = isTable
      ? new LongList([null, ...torrents], (some) => some.map((torrent) => (torrent === null ? labels : row(torrent))))
      : new LongList(torrents, (some) => some.map(object));
    return { torrents: list, ...(removed !== null && { removed }) };
  };
  return {
    result: told(names, (cell) => cell) as Record<string, unknown>,
    legacyResult: told(known, legacyCell),
  };
}

/** `wanted` is a list of booleans since JSON-RPC; before, its numbers were never meant to be (rpc-spec §5, 4.0.2). */
const legacyCell = (cell: unknown, name: string): unknown =>
  name === 'wanted' ? (cell as boolean[]).map(Number) : toLegacy(cell, 'camel');

/** The torrents that are meant; of those that are recently active, also the ids of the ones that went. */
function chosen(
  torrents: MethodContext['client']['torrents'],
  recent: MethodContext['recent'],
  params: Params,
): { readonly torrents: readonly ManagedTorrent[]; readonly removed: readonly number[] | null } {
  if (!isRecentlyActive(params['ids'])) return { torrents: selectTorrents(torrents, params), removed: null };
  const since = recent.before(() => torrents.changes(Number.MAX_SAFE_INTEGER).revision);
  const { changed, removed } = torrents.changes(since);
  return { torrents: changed, removed: removed.map(({ id }) => id) };
}

async function add({ client, fetchTorrent, caller }: MethodContext, params: Params): ReturnType<Method['run']> {
  const metainfo = text(params, 'metainfo');
  const source = metainfo === undefined ? await sourceOf(params, fetchTorrent) : decoded(metainfo);
  assertStillValid(caller);
  const savePath = text(params, 'download_dir');
  if (savePath !== undefined && !isAbsolute(savePath)) {
    throw rpcError('path-not-absolute', 'download directory path is not absolute');
  }
  const priorities = newPrioritiesOf(params, source);
  const isPaused = flag(params, 'paused');
  const given: NewTorrent = {
    source,
    savePath,
    settings: settingsOf(params, defaultTorrentSettings, client.settings.value),
    isStopped: isPaused ?? !client.settings.value.torrents.startAdded,
    ...(priorities.size > 0 && { priorities }),
  };
  const { torrent, isDuplicate } = await client.torrents.add(given);
  const { state, hasMetadata } = torrent.view();
  // Transmission checks what is there also of a torrent that it does not start: programs wait for that (cross-seed).
  if (!isDuplicate && state === 'stopped' && hasMetadata) await torrent.verify();
  const row = { id: torrent.id, name: torrent.view().name, hash_string: torrent.hash };
  const result = isDuplicate ? { torrent_duplicate: row } : { torrent_added: row };
  return {
    result,
    legacyResult: { [isDuplicate ? 'torrent-duplicate' : 'torrent-added']: toLegacy(row, 'camel') },
  };
}

/** Of a sealed torrent the files are known to the library alone. The source is read only when the request names files. */
function newPrioritiesOf(params: Params, source: Uint8Array | string): ReadonlyMap<number, number> {
  const isReadable = FILE_LISTS.some((name) => Array.isArray(params[name])) && typeof source !== 'string';
  if (!isReadable || isSealed(source)) return prioritiesOf(params, null);
  const { files } = decodeTorrent(source).info;
  const listed = files.flatMap(({ isPad }, index) => (isPad ? [] : { index, priority: NORMAL_PRIORITY }));
  return prioritiesOf(params, listed);
}

function decoded(metainfo: string): Uint8Array {
  const bytes = Buffer.from(metainfo, 'base64');
  if (bytes.length === 0) throw rpcError('corrupt', 'invalid or corrupt torrent file');
  return bytes;
}

async function sourceOf(params: Params, fetchTorrent: MethodContext['fetchTorrent']): Promise<Uint8Array | string> {
  const filename = text(params, 'filename');
  const cookies = text(params, 'cookies');
  if (filename === undefined || filename === '') throw rpcError('invalid-params', 'no filename or metainfo specified');
  if (cookies !== undefined && !areCookies(cookies)) throw rpcError('invalid-params', 'cookies cannot be sent');
  if (isWebAddress(filename)) return await fetchTorrent(filename, cookies);
  if (/^magnet:/i.test(filename) || /^(?:[\da-f]{40}|[\da-f]{64}|[a-z2-7]{32})$/i.test(filename)) return filename;
  // A path of the daemon's machine: who asks may be elsewhere, and may not read every file there.
  throw rpcError('unrecognized', 'the torrent has to be sent as metainfo, or named by a link');
}

async function set({ client }: MethodContext, params: Params): ReturnType<Method['run']> {
  const location = text(params, 'location');
  const position = number(params, 'queue_position');
  const torrents = selectTorrents(client.torrents, params);
  await eachTorrent(torrents, async (torrent) => {
    const { settings } = torrent.view();
    const priorities = prioritiesOf(params, torrent.view().hasMetadata ? torrent.files() : null);
    const trackers = trackersOf(params, torrent);
    const changes = settingsOf(params, settings, client.settings.value);
    if (Object.keys(changes).length > 0) await torrent.change(changes);
    if (priorities.size > 0) await torrent.setPriorities(priorities);
    if (trackers !== undefined) await torrent.setTrackers(trackers);
    if (location !== undefined) await relocate(torrent, location, false);
  });
  if (position !== undefined) await client.torrents.moveInQueue(torrents, { position: Math.max(0, position) });
  return { result: {} };
}

async function relocate(torrent: ManagedTorrent, location: string, movesData: boolean): Promise<void> {
  if (!isAbsolute(location)) throw rpcError('path-not-absolute', 'new location path is not absolute');
  await torrent.setSavePath(location, { movesData });
}

async function rename({ client }: MethodContext, params: Params): ReturnType<Method['run']> {
  const [torrent, ...others] = selectTorrents(client.torrents, params);
  if (torrent === undefined || others.length > 0)
    throw rpcError('invalid-params', 'torrent-rename-path requires 1 torrent');
  const path = text(params, 'path') ?? '';
  const name = text(params, 'name') ?? '';
  await torrent.rename(path, name);
  return { result: { path, name, id: torrent.id } };
}

export const torrentMethods: Readonly<Record<string, Method>> = {
  torrent_get: { scope: 'read', run: get },
  torrent_add: { scope: 'control', run: add },
  torrent_set: { scope: 'control', run: set },
  torrent_start: { scope: 'control', run: onEach((torrent) => torrent.start()) },
  torrent_start_now: { scope: 'control', run: onEach((torrent) => torrent.start({ isForced: true })) },
  torrent_stop: { scope: 'control', run: onEach((torrent) => torrent.stop()) },
  torrent_verify: { scope: 'control', run: onEach((torrent) => torrent.verify()) },
  torrent_reannounce: { scope: 'control', run: onEach((torrent) => void torrent.reannounce()) },
  torrent_remove: {
    scope: 'control',
    run: async ({ client }, params) => {
      const deleteData = flag(params, 'delete_local_data') === true;
      await client.torrents.remove(selectTorrents(client.torrents, params), { deleteData });
      return { result: {} };
    },
  },
  torrent_set_location: {
    scope: 'control',
    run: async (context, params) => {
      const location = text(params, 'location');
      if (location === undefined) throw rpcError('invalid-params', 'no location');
      const movesData = flag(params, 'move') === true;
      return await onEach((torrent) => relocate(torrent, location, movesData))(context, params);
    },
  },
  torrent_rename_path: { scope: 'control', run: rename },
  queue_move_top: { scope: 'control', run: queueMove('top') },
  queue_move_up: { scope: 'control', run: queueMove('up') },
  queue_move_down: { scope: 'control', run: queueMove('down') },
  queue_move_bottom: { scope: 'control', run: queueMove('bottom') },
};
