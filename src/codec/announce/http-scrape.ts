/** Scrape over HTTP: BEP 48, with `downloaders` of BEP 21. Both directions, for client and tracker. */
import { BencodeDict, type Encodable, encode } from '../bencode/index.ts';
import { countIn, decodeReplyDict, encodeFailure, failureOf } from './http-reply.ts';
import type { ScrapeEntry, ScrapeSuccess, TrackerFailure } from './messages.ts';
import { escapeBytes, parseQuery, unescapeBytes } from './query.ts';

/** Most swarms read from one scrape, request or reply. */
const MOST_ENTRIES = 2000;

/**
 * The scrape URL that belongs to an announce URL: the last `announce` in the path becomes `scrape`. Null when the path
 * has none, because then the tracker has no scrape.
 */
export function scrapeUrl(announceUrl: string): string | null {
  const [, host, path, query] = /^([a-z]+:\/\/[^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(announceUrl) ?? [];
  const at = path?.lastIndexOf('announce') ?? -1;
  if (host === undefined || path === undefined || at < 0) return null;
  return `${host}${path.slice(0, at)}scrape${path.slice(at + 'announce'.length)}${query ?? ''}`;
}

/** The query of a scrape of 20-byte info hashes. */
export const encodeScrapeQuery = (infoHashes: readonly Uint8Array[]): string =>
  infoHashes.map((infoHash) => `info_hash=${escapeBytes(infoHash)}`).join('&');

/** The info hashes of a scrape; none means all swarms (few trackers allow it). */
export function decodeScrapeQuery(query: string): Uint8Array[] | TrackerFailure {
  const pairs = parseQuery(query);
  if (pairs === null) return { kind: 'failure', reason: 'the request is too long', retryIn: 'never' };
  const infoHashes = pairs.filter(([name]) => name === 'info_hash').map(([, value]) => unescapeBytes(value));
  if (infoHashes.every((infoHash) => infoHash.length === 20)) return infoHashes;
  return { kind: 'failure', reason: 'an info_hash has not 20 bytes', retryIn: 'never' };
}

export function encodeScrapeReply(reply: ScrapeSuccess | TrackerFailure): Uint8Array {
  if (reply.kind === 'failure') return encodeFailure(reply);
  const files = reply.entries.map((entry): [Uint8Array, Encodable] => [
    entry.infoHash,
    {
      complete: entry.complete,
      downloaded: entry.downloaded,
      downloaders: entry.downloaders ?? undefined,
      incomplete: entry.incomplete,
    },
  ]);
  return encode({ files: new Map(files) });
}

/** Reads the body of a tracker's answer; null when it is not one. */
export function decodeScrapeReply(body: Uint8Array): ScrapeSuccess | TrackerFailure | null {
  const dict = decodeReplyDict(body);
  if (dict === null) return null;
  const failure = failureOf(dict);
  if (failure !== null) return failure;
  const files = dict.dict('files');
  if (files === null) return null;
  const entries: ScrapeEntry[] = [];
  for (const [infoHash, swarm] of files.entries()) {
    if (entries.length === MOST_ENTRIES) break;
    if (infoHash.length !== 20 || !(swarm instanceof BencodeDict)) continue;
    entries.push({
      infoHash: infoHash.slice(),
      complete: countIn(swarm, 'complete') ?? 0,
      incomplete: countIn(swarm, 'incomplete') ?? 0,
      downloaded: countIn(swarm, 'downloaded') ?? 0,
      downloaders: countIn(swarm, 'downloaders'),
    });
  }
  return { kind: 'success', entries };
}
