/**
 * Reads what a torrent says, beside its info, about where to find peers, data and related torrents (BEP 5, 12, 17, 19,
 * 38). None of it is needed for the torrent to work, so what is malformed is left out instead of being an error.
 */
import { toHex, toText } from '../../base/bytes.ts';
import { BencodeList, type BencodeDict, type BencodeValue } from '../bencode/index.ts';
import { seedUrlOf, trackerUrlOf, usableUrls } from './urls.ts';

/** BEP 12 tiers, each URL once; `announce` alone, or when the tiers hold nothing usable, is one tier of one. */
export function readTrackers(torrent: BencodeDict): string[][] {
  const known = new Set<string>();
  const tiers: string[][] = [];
  for (const tier of torrent.list('announce-list') ?? []) {
    const urls = usableUrls(strings(tier), trackerUrlOf).filter((url) => !known.has(url));
    if (urls.length === 0) continue;
    for (const url of urls) known.add(url);
    tiers.push(urls);
  }
  if (tiers.length > 0) return tiers;
  const urls = usableUrls(strings(torrent.get('announce')), trackerUrlOf);
  return urls.length === 0 ? [] : [urls];
}

/** BEP 19. */
export const readWebSeeds = (torrent: BencodeDict): string[] => usableUrls(strings(torrent.get('url-list')), seedUrlOf);

/** BEP 17. */
export const readHttpSeeds = (torrent: BencodeDict): string[] =>
  usableUrls(strings(torrent.get('httpseeds')), seedUrlOf);

/** The texts of a list, or of a string alone; empty for anything else. */
function strings(value: BencodeValue | undefined): string[] {
  if (value instanceof Uint8Array) return [toText(value)];
  if (!(value instanceof BencodeList)) return [];
  return [...value].filter((item) => item instanceof Uint8Array).map(toText);
}

/** BEP 5: pairs of host and port, and in the wild also strings `host:port`. */
export function readNodes(torrent: BencodeDict): (readonly [host: string, port: number])[] {
  const nodes: (readonly [string, number])[] = [];
  for (const item of torrent.list('nodes') ?? []) {
    const [host, port] = item instanceof BencodeList ? readPair(item) : splitAddress(item);
    const isUsable = /^[\w.:-]+$/.test(host) && Number.isInteger(port) && port >= 1 && port <= 65535;
    if (isUsable) nodes.push([host, port]);
  }
  return nodes;
}

function readPair(list: BencodeList): [host: string, port: number] {
  const [host, port] = list;
  return [host instanceof Uint8Array ? toText(host) : '', typeof port === 'number' ? port : 0];
}

function splitAddress(item: BencodeValue): [host: string, port: number] {
  const match = item instanceof Uint8Array ? /^\[?([^\]]*)\]?:(\d{1,5})$/.exec(toText(item)) : null;
  return match === null ? ['', 0] : [match[1] as string, Number(match[2])];
}

/** BEP 38: hashes of 20 or 32 bytes from the info dictionary and from beside it, each once. They are copies. */
export function readSimilar(info: BencodeDict, torrent: BencodeDict): Uint8Array[] {
  const hashes = new Map<string, Uint8Array>();
  for (const item of [...(info.list('similar') ?? []), ...(torrent.list('similar') ?? [])]) {
    if (item instanceof Uint8Array && (item.length === 20 || item.length === 32))
      hashes.set(toHex(item), new Uint8Array(item));
  }
  return [...hashes.values()];
}

/** BEP 38: names of collections from the info dictionary and from beside it, each once. */
export function readCollections(info: BencodeDict, torrent: BencodeDict): string[] {
  return [...new Set([...strings(info.get('collections')), ...strings(torrent.get('collections'))])];
}
