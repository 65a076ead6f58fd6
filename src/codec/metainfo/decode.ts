/** Decodes a torrent file: the info dictionary, validated, and the keys around it, read leniently. */
import type { Digests } from '../../base/digests.ts';
import { BencodeDict, decodePrefix } from '../bencode/index.ts';
import { metainfoError } from './errors.ts';
import { readInfo } from './info.ts';
import { defaultMetainfoLimits, type MetainfoLimits } from './limits.ts';
import type { Metainfo } from './metainfo.ts';
import { readPieceLayers } from './piece-layers.ts';
import { readCollections, readHttpSeeds, readNodes, readSimilar, readTrackers, readWebSeeds } from './sources.ts';

/** NUL, tab, line feed, carriage return, space. */
const blanks: readonly number[] = [0x00, 0x09, 0x0a, 0x0d, 0x20];

/**
 * Decodes and validates a torrent file. The result keeps no view of `bytes`. Throws METAINFO_* for the rule that is
 * broken and BENCODE_* for bytes that are not even bencoded.
 */
export function decodeMetainfo(bytes: Uint8Array, digests: Digests, limits: Partial<MetainfoLimits> = {}): Metainfo {
  const bounds = { ...defaultMetainfoLimits, ...limits };
  const torrent = readDictionary(bytes, bounds);
  const dict = torrent.dict('info');
  if (dict === null) throw metainfoError('METAINFO_INFO_MISSING', 'The torrent has no info dictionary');
  const { info, infoHashes } = readInfo(dict, digests, bounds);
  return {
    info,
    infoHashes,
    pieceLayers: readPieceLayers(torrent, info, digests),
    trackers: some(readTrackers(torrent)),
    webSeeds: some(readWebSeeds(torrent)),
    httpSeeds: some(readHttpSeeds(torrent)),
    nodes: some(readNodes(torrent)),
    comment: readText(torrent, 'comment'),
    createdBy: readText(torrent, 'created by'),
    creationDate: readDate(torrent),
    similar: some(readSimilar(dict, torrent)),
    collections: some(readCollections(dict, torrent)),
  };
}

/** One empty list for all torrents: most of them have no more, and there may be thousands. */
const none: readonly never[] = [];
const some = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? none : list);

/**
 * The outer dictionary. Its keys may be out of order, and blanks may follow it: editors and downloads leave a newline
 * or zeros behind, and no hash covers them.
 */
function readDictionary(bytes: Uint8Array, limits: MetainfoLimits): BencodeDict {
  const { value, end } = decodePrefix(bytes, { ...limits, strict: false });
  for (let at = end; at < bytes.length; at++) {
    if (blanks.includes(bytes[at] as number)) continue;
    throw metainfoError('METAINFO_TRAILING_BYTES', `${bytes.length - end} bytes follow the end of the torrent`);
  }
  if (value instanceof BencodeDict) return value;
  throw metainfoError('METAINFO_NOT_A_DICTIONARY', 'The file is not a torrent: it is no dictionary');
}

/** A text, from its `.utf-8` twin where older programs put the correctly encoded one; null when empty. */
function readText(torrent: BencodeDict, key: string): string | null {
  return torrent.text(`${key}.utf-8`) || torrent.text(key) || null;
}

function readDate(torrent: BencodeDict): number | null {
  const date = torrent.int('creation date');
  return date === null || date < 0 ? null : date;
}
