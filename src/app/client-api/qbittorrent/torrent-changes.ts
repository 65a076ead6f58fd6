/** What can be done with torrents. */
import { isAbsolute, posix } from 'node:path';
import { parseAddress } from '../../../base/address.ts';
import type { Goal, ManagedTorrent, QueueMove, SeedGoals } from '../../client/index.ts';
import { eachTorrent } from '../each-torrent.ts';
import { badParams, conflict } from './api-fault.ts';
import { type Call, changes, type Endpoint, type Endpoints } from './endpoint.ts';
import { flag, number, type Params, parts, required, requiredNumber } from './params.ts';
import { onEach, torrentOf, torrentsOf } from './select-torrents.ts';

/** What theirs mean among ours, 0 … 7 with 4 in the middle. */
const priorities: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 4],
  [6, 6],
  [7, 7],
]);

async function setFilePriorities(call: Call): Promise<void> {
  const { params } = call;
  const priority = priorities.get(requiredNumber(params, 'priority'));
  if (priority === undefined) throw badParams('Priority is not valid');
  const torrent = torrentOf(call);
  if (!torrent.view().hasMetadata) throw conflict("Torrent's metadata has not yet downloaded");
  const ids = parts(required(params, 'id'), '|');
  if (!ids.every((id) => /^\d{1,9}$/.test(id))) throw badParams('File IDs must be integers');
  await torrent.setPriorities(new Map(ids.map((id) => [Number(id), priority])));
}

const queueMove = (to: QueueMove): Endpoint =>
  changes(async (call) => {
    const torrents = torrentsOf(call);
    if (!call.client.settings.value.queue.enabled) throw conflict('Torrent queueing must be enabled');
    await call.client.torrents.moveInQueue(torrents, to);
  });

/** Bytes per second; 0 and less: none. */
const setLimit = (way: 'downloadLimit' | 'uploadLimit'): Endpoint =>
  onEach((torrent, { params }) => torrent.change({ [way]: Math.max(0, Math.round(requiredNumber(params, 'limit'))) }));

/** A goal as it is written: -2 that of the client, -1 none. */
function goalIn(params: Params, name: string): Goal | undefined {
  const value = number(params, name);
  if (value === undefined) return undefined;
  return value === -2 ? 'default' : value < 0 ? 'none' : value;
}

/** Those that are said; what is not stays as it is `now`. */
export function goalsIn(params: Params, now: SeedGoals): SeedGoals {
  return {
    ratio: goalIn(params, 'ratioLimit') ?? now.ratio,
    minutes: goalIn(params, 'seedingTimeLimit') ?? now.minutes,
    idleMinutes: goalIn(params, 'inactiveSeedingTimeLimit') ?? now.idleMinutes,
  };
}

async function moveTo(torrent: ManagedTorrent, path: string): Promise<void> {
  if (path === '') throw badParams('Save path cannot be empty');
  if (!isAbsolute(path)) throw conflict('Save path is not absolute');
  await torrent.setSavePath(path, { movesData: true });
}

/** A file or a folder gets another name in the folder where it is. */
const renamePath = (): Endpoint =>
  changes(async (call) => {
    const torrent = torrentOf(call);
    const [from, to] = ['oldPath', 'newPath'].map((name) => required(call.params, name).replace(/\/$/, '')) as [
      string,
      string,
    ];
    if (posix.dirname(from) !== posix.dirname(to)) throw conflict('Only the last part of a path can be changed');
    await torrent.rename(from, posix.basename(to));
  });

async function renameTorrent(call: Call): Promise<void> {
  const name = required(call.params, 'name')
    .trim()
    .replaceAll(/\r?\n|\r/g, ' ');
  if (name === '') throw conflict('Incorrect torrent name');
  await torrentOf(call).setName(name);
}

async function setCategory(call: Call): Promise<void> {
  const category = required(call.params, 'category');
  if (category !== '' && call.client.categories.find(category) === null) throw conflict('Incorrect category name');
  await eachTorrent(torrentsOf(call), (torrent) => torrent.change({ category }));
}

async function addPeers(call: Call): Promise<object> {
  const given = parts(required(call.params, 'peers'), '|');
  const peers = given.map(parseAddress).filter((address) => address !== null);
  if (peers.length === 0) throw badParams('No valid peers were specified');
  const torrents = torrentsOf(call);
  const counts = await eachTorrent(torrents, async (torrent) => {
    const added = peers.length - (await torrent.addPeers(peers)).length;
    return [torrent.hash, { added, failed: given.length - added }] as const;
  });
  return Object.fromEntries(counts);
}

/** What this client has not can be switched off, but not on. */
const unsupported = (name: string, what: string): Endpoint =>
  changes((call) => {
    torrentsOf(call);
    required(call.params, name);
    if (flag(call.params, name) === true) throw conflict(`${what} is not supported`);
  });

const start = onEach((torrent) => torrent.start());
const stop = onEach((torrent) => torrent.stop());

export const torrentChanges: Endpoints = {
  'torrents/addPeers': changes(addPeers),
  'torrents/bottomPrio': queueMove('bottom'),
  'torrents/decreasePrio': queueMove('down'),
  'torrents/delete': changes(async (call) => {
    const deleteData = flag(call.params, 'deleteFiles') === true;
    await call.client.torrents.remove(torrentsOf(call), { deleteData });
  }),
  'torrents/filePrio': changes(setFilePriorities),
  'torrents/increasePrio': queueMove('up'),
  'torrents/pause': stop,
  'torrents/reannounce': onEach((torrent) => void torrent.reannounce()),
  'torrents/recheck': onEach((torrent) => torrent.verify()),
  'torrents/rename': changes(renameTorrent),
  'torrents/renameFile': renamePath(),
  'torrents/renameFolder': renamePath(),
  'torrents/resume': start,
  'torrents/setAutoManagement': unsupported('enable', 'Automatic torrent management'),
  'torrents/setCategory': changes(setCategory),
  'torrents/setComment': changes((call) => {
    torrentsOf(call);
    required(call.params, 'comment');
    throw conflict('A comment is that of the torrent file');
  }),
  'torrents/setDownloadLimit': setLimit('downloadLimit'),
  // Where files lie while they are incomplete is the same for all torrents.
  'torrents/setDownloadPath': changes((call) => {
    torrentsOf(call, 'id');
    if (required(call.params, 'path') !== '') throw conflict('A download path of its own is not supported');
  }),
  'torrents/setForceStart': onEach((torrent, { params }) =>
    torrent.start({ isForced: required(params, 'value').toLowerCase() === 'true' }),
  ),
  'torrents/setLocation': onEach((torrent, { params }) => moveTo(torrent, required(params, 'location').trim())),
  'torrents/setSavePath': onEach((torrent, { params }) => moveTo(torrent, required(params, 'path')), 'id'),
  'torrents/setShareLimits': onEach((torrent, { params }) =>
    torrent.change({ goals: goalsIn(params, torrent.view().settings.goals) }),
  ),
  'torrents/setSuperSeeding': onEach((torrent, { params }) =>
    torrent.change({ isSuperSeeding: required(params, 'value').toLowerCase() === 'true' }),
  ),
  'torrents/setUploadLimit': setLimit('uploadLimit'),
  'torrents/start': start,
  'torrents/stop': stop,
  'torrents/toggleFirstLastPiecePrio': onEach((torrent) =>
    torrent.change({ isFirstLast: !torrent.view().settings.isFirstLast }),
  ),
  'torrents/toggleSequentialDownload': onEach((torrent) =>
    torrent.change({ isSequential: !torrent.view().settings.isSequential }),
  ),
  'torrents/topPrio': queueMove('top'),
};
