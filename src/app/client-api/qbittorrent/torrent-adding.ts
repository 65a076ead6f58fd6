/** Adding torrents: links, info hashes and web addresses a line each, and files in any field of a form. */
import { isAbsolute, join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { decodeMetainfo } from '../../../codec/metainfo/index.ts';
import { nodeDigests } from '../../../crypto/digests.ts';
import { defaultTorrentSettings, type NewTorrent } from '../../client/index.ts';
import { areCookies, isWebAddress } from '../torrent-fetch.ts';
import { badData, badParams, conflict, forbidden, isBadSource } from './api-fault.ts';
import { type Call, changes, type Endpoints } from './endpoint.ts';
import { flag, number, parts, text } from './params.ts';
import { goalsIn } from './torrent-changes.ts';

const LINK = /^magnet:/i;
const HASH = /^(?:[\da-f]{40}|[\da-f]{64}|[a-z2-7]{32})$/i;

/** `Ok.` when one of them at least was added, or else `Fails.`: also when all were here before. */
async function add(call: Call): Promise<string> {
  const { client, files, params, caller } = call;
  const options = optionsOf(call);
  const cookies = text(params, 'cookie');
  if (cookies !== undefined && !areCookies(cookies)) throw badParams('Parameter cookie cannot be sent');
  let added = 0;
  const addOne = async (source: Uint8Array | string): Promise<void> => {
    const { isDuplicate } = await client.torrents.add({ ...options, ...layoutOf(call, options, source), source });
    if (!isDuplicate) added++;
  };
  for (const url of parts(text(params, 'urls') ?? '', '\n')) {
    const source = await sourceOf(call, url, cookies);
    // To fetch it may take its time, in which a token is revoked and a user goes.
    if (!caller.isValid()) throw forbidden();
    if (source !== null) await addOne(source).catch((error: unknown) => passOver(call, error));
  }
  for (const { name, bytes } of files) {
    await addOne(bytes).catch((error: unknown) => {
      throw isBadSource(error) ? badData(`Error: '${name}' is not a valid torrent file: ${messageOf(error)}`) : error;
    });
  }
  if (added === 0) return 'Fails.';
  await client.categories.addLabels(options.settings?.labels ?? []);
  return 'Ok.';
}

/** What is added for one of the lines; null: it is nothing that can be. */
async function sourceOf(
  { fetchTorrent, logger }: Call,
  url: string,
  cookies: string | undefined,
): Promise<Uint8Array | string | null> {
  if (LINK.test(url) || HASH.test(url)) return url;
  // Paths of this machine, which the original takes: who asks may be elsewhere, and may not read every file here.
  if (!isWebAddress(url)) return null;
  try {
    return await fetchTorrent(url, cookies);
  } catch (error) {
    logger.warn('could not fetch a torrent', { reason: messageOf(error) });
    return null;
  }
}

/** Links that cannot be read count as not added; the answer has no words for them. */
function passOver({ logger }: Call, error: unknown): void {
  if (!isBadSource(error)) throw error;
  logger.warn('could not add a torrent', { reason: messageOf(error) });
}

/** What the form says of all of them. */
function optionsOf(call: Call): Omit<NewTorrent, 'source'> {
  const { client, params } = call;
  // Two spellings of clients, as are the two below.
  const isManaged = flag(params, 'autoTMM') ?? flag(params, 'useAutoTMM') ?? false;
  const given = text(params, 'savepath')?.trim() ?? '';
  const savePath = isManaged || given === '' ? undefined : given;
  if (savePath !== undefined && !isAbsolute(savePath)) throw conflict('Save path is not absolute');
  const isStopped = flag(params, 'stopped') ?? flag(params, 'paused') ?? !client.settings.value.torrents.startAdded;
  const name = text(params, 'rename')?.trim() ?? '';
  return {
    savePath,
    isStopped,
    isCheckSkipped: flag(params, 'skip_checking') === true,
    isFirst: flag(params, 'addToTopOfQueue') === true,
    ...(name !== '' && { name }),
    settings: {
      category: categoryOf(call),
      labels: [...new Set(parts(text(params, 'tags') ?? '', ','))],
      downloadLimit: limitIn(call, 'dlLimit'),
      uploadLimit: limitIn(call, 'upLimit'),
      goals: goalsIn(params, defaultTorrentSettings.goals),
      isSequential: flag(params, 'sequentialDownload') === true,
      isFirstLast: flag(params, 'firstLastPiecePrio') === true,
      isForced: !isStopped && flag(params, 'forced') === true,
    },
  };
}

const limitIn = ({ params }: Call, name: string): number => Math.max(0, Math.round(number(params, name) ?? 0));

/** One that cannot be made is left out, as by the original: the library, which makes it, would refuse the torrent. */
function categoryOf({ client: { categories }, params }: Call): string {
  const name = text(params, 'category')?.trim() ?? '';
  return categories.isName(name) ? name : '';
}

/**
 * `Subfolder`: a file without a folder gets one, by a save path of its own. Other layouts than that of the torrent
 * cannot be had, nor this one where only a link is known.
 */
function layoutOf(
  { client, params }: Call,
  { savePath, settings }: Omit<NewTorrent, 'source'>,
  source: Uint8Array | string,
): Pick<NewTorrent, 'savePath'> {
  if (text(params, 'contentLayout') !== 'Subfolder' || typeof source === 'string') return {};
  const { info } = decodeMetainfo(source, nodeDigests);
  if (!info.isSingleFile) return {};
  const { downloads, torrents } = client.settings.value;
  const category = settings?.category ?? '';
  const ofCategory = client.categories.find(category)?.savePath ?? '';
  const usual = ofCategory !== '' ? ofCategory : torrents.categoryFolders ? join(downloads, category) : downloads;
  return { savePath: join(savePath ?? usual, info.name.replace(/(?<=.)\.[^.]+$/, '')) };
}

export const torrentAdding: Endpoints = { 'torrents/add': changes(add) };
