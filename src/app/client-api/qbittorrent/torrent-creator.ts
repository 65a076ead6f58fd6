/** Torrents that are made of files on this machine; the tasks are those of our own API. */
import { dirname } from 'node:path';
import type { UnixSeconds } from '../../../base/units.ts';
import type { CreateOptions } from '../../torrent-creation/index.ts';
import type { CreationTask } from '../creation-tasks.ts';
import { badParams, conflict, notFound } from './api-fault.ts';
import { type Call, changes, type Endpoints, type FileAnswer, reads } from './endpoint.ts';
import { flag, number, type Params, parts, required, text } from './params.ts';

const FORMATS = ['v1', 'v2', 'hybrid'] as const;
const SMALLEST_PIECE = 16 * 1024;
const LARGEST_PIECE = 512 * 1024 * 1024;
/** Most tiers of trackers, and web seeds. */
const MOST_URLS = 100;
const LONGEST_COMMENT = 10_000;
const LONGEST_SOURCE = 255;

const states = { waiting: 'Queued', running: 'Running', done: 'Finished', failed: 'Failed' } as const;

/** An empty URL between two begins the next tier. */
function tiersIn(list: string): string[][] {
  const tiers = list.split('||').map((tier) => parts(tier, '|'));
  return tiers.filter((tier) => tier.length > 0);
}

function optionsIn(params: Params): CreateOptions {
  const format = FORMATS.find((one) => one === text(params, 'format')?.toLowerCase());
  const pieceLength = number(params, 'pieceSize') ?? 0;
  const isPiece = pieceLength >= SMALLEST_PIECE && pieceLength <= LARGEST_PIECE;
  if (pieceLength > 0 && !(isPiece && Number.isInteger(Math.log2(pieceLength)))) {
    throw badParams('pieceSize is a power of two from 16 KiB to 512 MiB');
  }
  const [comment, source] = [text(params, 'comment') ?? '', text(params, 'source') ?? ''];
  if (comment.length > LONGEST_COMMENT || source.length > LONGEST_SOURCE) throw badParams('The text is too long');
  const trackers = tiersIn(text(params, 'trackers') ?? '');
  const webSeeds = parts(text(params, 'urlSeeds') ?? '', '|');
  if (trackers.flat().length > MOST_URLS || webSeeds.length > MOST_URLS) throw badParams('There are too many URLs');
  return {
    format: format ?? 'hybrid',
    isPrivate: flag(params, 'private') === true,
    trackers,
    webSeeds,
    ...(pieceLength > 0 && { pieceLength }),
    ...(comment !== '' && { comment }),
    ...(source !== '' && { source }),
  };
}

async function addTask({ client, creations, params }: Call): Promise<object> {
  const path = required(params, 'sourcePath');
  // It could be any file of this machine; who asks gets it by `torrentcreator/torrentFile`.
  if ((text(params, 'torrentFilePath') ?? '') !== '') throw conflict('The torrent file is not written to a path');
  const options = optionsIn(params);
  // Rejects for what is outside of the folders that callers may name.
  await client.space(path);
  const seeds = flag(params, 'startSeeding') ?? true;
  const task = creations.add(path, options, async ({ bytes }) => {
    if (seeds) await client.torrents.add({ source: bytes, savePath: dirname(path) });
  });
  return { taskID: String(task.id) };
}

function taskOf({ creations, params }: Call): CreationTask {
  const task = creations.find(Number(required(params, 'taskID')));
  if (task === null) throw notFound('There is no such task');
  return task;
}

/** Tiers as they were asked for: an empty URL begins the next one. */
const listOf = (tiers: readonly (readonly string[])[]): string[] =>
  tiers.flatMap((urls, tier) => (tier === 0 ? urls : ['', ...urls]));

/** In words, of which clients make a date; a number they would take for milliseconds. */
const timeOf = (time: UnixSeconds): string => new Date(time * 1000).toISOString();

function row(task: CreationTask): object {
  const { id, path, options, state, hashed, total, createdAt, startedAt, finishedAt, result, error } = task;
  const { format, isPrivate, trackers = [], webSeeds, comment = '', source = '', pieceLength } = options;
  return {
    taskID: String(id),
    sourcePath: path,
    torrentFilePath: '',
    status: states[state],
    progress: state === 'done' ? 100 : total === 0 ? 0 : Math.floor((100 * hashed) / total),
    format,
    private: isPrivate,
    pieceSize: result?.metainfo.info.pieceLength ?? pieceLength ?? 0,
    trackers: listOf(trackers),
    urlSeeds: webSeeds,
    comment,
    source,
    timeAdded: timeOf(createdAt),
    ...(startedAt !== null && { timeStarted: timeOf(startedAt) }),
    ...(finishedAt !== null && { timeFinished: timeOf(finishedAt) }),
    ...(error !== null && { errorMessage: error.detail }),
  };
}

function torrentFile(call: Call): FileAnswer {
  const { result, state } = taskOf(call);
  if (state === 'failed') throw conflict('Torrent creation failed');
  if (result === null) throw conflict('Torrent creation is still unfinished');
  return {
    fileName: `${result.metainfo.info.name}.torrent`,
    type: 'application/x-bittorrent',
    bytes: result.bytes,
  };
}

export const torrentCreator: Endpoints = {
  'torrentcreator/addTask': changes(addTask),
  'torrentcreator/deleteTask': changes((call) => void call.creations.remove(taskOf(call).id)),
  'torrentcreator/status': reads((call) => {
    const isOne = (text(call.params, 'taskID') ?? '') !== '';
    return isOne ? [row(taskOf(call))] : call.creations.all().map(row);
  }, 'control'),
  'torrentcreator/torrentFile': reads(torrentFile, 'control'),
};
