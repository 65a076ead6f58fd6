/** What can be asked of torrents. */
import { toHex } from '../../../base/bytes.ts';
import { pieceHashes } from '../../../codec/metainfo/index.ts';
import type { FileView, ManagedTorrent, TorrentView } from '../../client/index.ts';
import { eachTorrent } from '../each-torrent.ts';
import { LongList } from '../long-list.ts';
import { badParams, conflict, notFound } from './api-fault.ts';
import { type Call, ContentAnswer, type Endpoints, type FileAnswer, reads } from './endpoint.ts';
import { flag, number, type Params, parts, required, text } from './params.ts';
import { hashesIn, torrentOf } from './select-torrents.ts';
import { readFields, readProperties, type TorrentRow } from './torrent-fields.ts';
import { isDone, passesFilter } from './torrent-state.ts';

/** Whether a list with these parameters has the torrent. */
function listsOf({ params }: Call): (view: TorrentView) => boolean {
  const filter = text(params, 'filter') ?? 'all';
  const category = text(params, 'category');
  const tag = text(params, 'tag');
  const isPrivate = flag(params, 'private');
  const hashes = hashesIn(text(params, 'hashes') ?? '').map((hash) => hash.toLowerCase());
  const wanted = hashes.length === 0 || hashes[0] === 'all' ? null : new Set(hashes);
  return (view) =>
    passesFilter(filter, view) &&
    (category === undefined || view.settings.category === category) &&
    // An empty one means those without.
    (tag === undefined || (tag === '' ? view.settings.labels.length === 0 : view.settings.labels.includes(tag))) &&
    (isPrivate === undefined || view.isPrivate === isPrivate) &&
    (wanted === null || wanted.has(view.hash) || wanted.has(view.hashV2 ?? ''));
}

async function info(call: Call): Promise<object> {
  const { client, params } = call;
  const isListed = listsOf(call);
  const torrents = client.torrents.all().filter((torrent) => isListed(torrent.view()));
  const row = (torrent: ManagedTorrent): TorrentRow => readFields(torrent, call);
  const sort = text(params, 'sort') ?? '';
  if (sort === '') return new LongList(paged(torrents, params), (some) => some.map(row));
  const rows = await eachTorrent(torrents, row);
  if (rows[0] !== undefined && !Object.hasOwn(rows[0], sort)) throw badParams("'sort' parameter is invalid");
  const direction = flag(params, 'reverse') === true ? -1 : 1;
  rows.sort((a, b) => direction * compare(a[sort], b[sort]));
  return new LongList(paged(rows, params), (some) => some);
}

function paged<T>(all: readonly T[], params: Params): readonly T[] {
  const offset = number(params, 'offset') ?? 0;
  const limit = number(params, 'limit') ?? 0;
  const from = offset < 0 ? all.length + offset : offset;
  const start = from >= all.length || from < 0 ? 0 : from;
  return all.slice(start, limit > 0 ? start + limit : all.length);
}

type Value = TorrentRow[string] | undefined;

/** Null comes first. */
function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : 1;
}

/** Theirs are 0, 1 (normal), 6 (high) and 7 (maximal); ours 0 … 7 with 4 in the middle. */
const priorityOf = (priority: number): number => (priority === 0 || priority > 5 ? priority : priority === 5 ? 6 : 1);

const progressOf = ({ size, done }: FileView): number => (size === 0 ? 1 : done / size);

/** The part of its pieces of which peers have copies. */
function availabilityOf({ size, firstPiece, lastPiece }: FileView, copies: Uint16Array): number {
  if (size === 0) return 1;
  const there = copies.subarray(firstPiece, lastPiece + 1).filter((count) => count > 0);
  return there.length / (lastPiece - firstPiece + 1);
}

function files(call: Call): object[] {
  const torrent = torrentOf(call);
  const all = torrent.files();
  const asked = text(call.params, 'indexes');
  const wanted = asked === undefined ? all : filesAt(all, parts(asked, '|'));
  const isSeed = isDone(torrent.view());
  const copies = (isSeed ? null : torrent.pieces())?.availability ?? new Uint16Array(0);
  return wanted.map((file) => ({
    // Nobody looks for what is there.
    availability: isSeed ? -1 : availabilityOf(file, copies),
    index: file.index,
    ...(file === all[0] && { is_seed: isSeed }),
    name: file.path,
    piece_range: [file.firstPiece, file.lastPiece],
    priority: priorityOf(file.priority),
    progress: progressOf(file),
    size: file.size,
  }));
}

function filesAt(all: readonly FileView[], indexes: readonly string[]): FileView[] {
  if (indexes.length > all.length) throw badParams('There are more indexes than files');
  const byIndex = new Map(all.map((file) => [String(file.index), file]));
  return [...new Set(indexes)].map((index) => {
    const file = byIndex.get(index);
    if (file === undefined) throw conflict(`There is no file ${index}`);
    return file;
  });
}

/** 0: not there, 1: under way, 2: there. */
function pieceStates(call: Call): number[] {
  const torrent = torrentOf(call);
  const map = torrent.pieces();
  if (map === null) return [];
  const states: number[] = Array.from({ length: torrent.view().pieceCount }, (_, piece) =>
    map.have.has(piece) ? 2 : 0,
  );
  for (const piece of map.active) states[piece] = 1;
  return states;
}

/** A file that is there whole, by its number or its path. */
function downloadFile(call: Call): ContentAnswer {
  const torrent = torrentOf(call);
  const asked = required(call.params, 'file');
  const file = torrent.files().find(({ index, path }) => String(index) === asked || path === asked);
  if (file === undefined) throw notFound('There is no such file');
  if (file.done < file.size) throw conflict('The file is not complete');
  return new ContentAnswer(torrent, file.index);
}

/** SHA-1, or the root of the piece where there is only v2; empty where its layer is not known. */
function hashesOfPieces(call: Call): string[] {
  const { metainfo } = torrentOf(call);
  if (metainfo === null) return [];
  const { info: dictionary, pieceLayers } = metainfo;
  return Array.from({ length: dictionary.pieceCount }, (_, piece) => {
    const { sha1, merkle } = pieceHashes(dictionary, pieceLayers, piece);
    return toHex(sha1 ?? merkle?.root ?? new Uint8Array(0));
  });
}

function exportFile(call: Call): FileAnswer {
  const torrent = torrentOf(call);
  const bytes = torrent.torrentFile();
  if (bytes === null) throw conflict('Unable to export torrent file: its metadata is not there yet');
  return { fileName: `${torrent.hash}.torrent`, type: 'application/x-bittorrent', bytes };
}

/** The limits of torrents by their hashes as they were asked for; 0: none, -1: no such torrent. */
const limits = (way: 'downloadLimit' | 'uploadLimit') =>
  reads(({ client, params }) => {
    const hashes = hashesIn(required(params, 'hashes'));
    const limit = (hash: string): number => client.torrents.find(hash)?.view().settings[way] ?? -1;
    return Object.fromEntries(hashes.map((hash) => [hash, limit(hash)]));
  });

export const torrentQueries: Endpoints = {
  'torrents/count': reads(({ client }) => String(client.torrents.size)),
  'torrents/downloadFile': { ...reads(downloadFile), answersHead: true },
  'torrents/downloadLimit': limits('downloadLimit'),
  'torrents/export': reads(exportFile),
  'torrents/files': reads(files),
  'torrents/info': reads(info),
  'torrents/pieceAvailability': reads((call) => Array.from(torrentOf(call).pieces()?.availability ?? [])),
  'torrents/pieceHashes': reads(hashesOfPieces),
  'torrents/pieceStates': reads(pieceStates),
  'torrents/properties': reads((call) => readProperties(torrentOf(call), call)),
  'torrents/uploadLimit': limits('uploadLimit'),
  'torrents/webseeds': reads((call) =>
    torrentOf(call)
      .webSeeds()
      .map((url) => ({ url })),
  ),
};
