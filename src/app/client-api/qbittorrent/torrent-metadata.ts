/** What is in torrents that are not added yet: of files, of web addresses, and of links to what is here already. */
import { toHex } from '../../../base/bytes.ts';
import { messageOf } from '../../../base/errors.ts';
import { hashOf } from '../../client/index.ts';
import { decodeMagnet, decodeTorrent } from '../../torrent-file/index.ts';
import type { Metainfo } from '../../../codec/metainfo/index.ts';
import { isWebAddress } from '../torrent-fetch.ts';
import { badData, badParams, conflict, isBadSource } from './api-fault.ts';
import { type Call, changes, type Endpoints, type FileAnswer, reads } from './endpoint.ts';
import { required } from './params.ts';

/** 40 or 64 digits of a link or an info hash; null: it is neither. */
function hashIn(source: string): string | null {
  if (!/^magnet:/i.test(source)) return /^(?:[\da-f]{40}|[\da-f]{64})$/i.test(source) ? source.toLowerCase() : null;
  return hashOf(decodeMagnet(source).infoHashes);
}

function viewOf({ info, infoHashes, ...rest }: Metainfo): object {
  const { v1, v2 } = infoHashes;
  return {
    comment: rest.comment ?? '',
    created_by: rest.createdBy ?? '',
    creation_date: rest.creationDate ?? -1,
    hash: hashOf(infoHashes),
    infohash_v1: v1 === null ? '' : toHex(v1),
    infohash_v2: v2 === null ? '' : toHex(v2),
    info: {
      files: info.files.filter(({ isPad }) => !isPad).map(({ path, length }) => ({ path: path.join('/'), length })),
      length: info.length,
      name: info.name,
      piece_length: info.pieceLength,
      pieces_num: info.pieceCount,
      private: info.isPrivate,
    },
    trackers: rest.trackers.flatMap((urls, tier) => urls.map((url) => ({ url, tier }))),
    webseeds: rest.webSeeds,
  };
}

/** Bytes of a torrent file that is known, or is on the web. */
async function fileOf({ client, fetchTorrent }: Call, source: string): Promise<Uint8Array> {
  if (isWebAddress(source)) {
    return await fetchTorrent(source).catch((error: unknown) => {
      throw isBadSource(error) ? error : conflict(`Could not fetch the torrent: ${messageOf(error)}`);
    });
  }
  const hash = hashIn(source);
  if (hash === null) throw badParams('source is no link, info hash or web address');
  const bytes = client.torrents.find(hash)?.torrentFile() ?? null;
  // It would have to be asked of peers, who are only found for torrents that are added.
  if (bytes === null) throw conflict('Metadata is not available: a link is followed when it is added');
  return bytes;
}

function parse({ files }: Call): object[] {
  if (files.length === 0) throw badParams('Must specify at least one torrent file');
  return files.map(({ name, bytes }) => {
    try {
      return viewOf(decodeTorrent(bytes));
    } catch (error) {
      throw isBadSource(error) ? badData(`'${name}' is not a valid torrent file: ${messageOf(error)}`) : error;
    }
  });
}

async function save(call: Call): Promise<FileAnswer> {
  const bytes = await fileOf(call, required(call.params, 'source').trim());
  const { info } = decodeTorrent(bytes);
  return { fileName: `${info.name}.torrent`, type: 'application/x-bittorrent', bytes };
}

export const torrentMetadata: Endpoints = {
  'torrents/fetchMetadata': changes(async (call) =>
    viewOf(decodeTorrent(await fileOf(call, required(call.params, 'source').trim()))),
  ),
  'torrents/parseMetadata': changes(parse),
  'torrents/saveMetadata': reads(save, 'control'),
};
