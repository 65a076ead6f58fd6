/**
 * Announce over HTTP: BEP 3, with BEP 7 (`peers6`), 21 (`paused`), 23 (compact), 24 (`external ip`) and 31 (`retry in`).
 * Both directions, for client and tracker.
 */
import { formatHost, isIPv6, type PeerAddress, parseHost } from '../../base/address.ts';
import { toText, utf8 } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';
import { BencodeDict, type BencodeList, type Encodable, encode } from '../bencode/index.ts';
import { decodeCompactPeers, encodeCompactPeers } from './compact-peers.ts';
import { countIn, countOf, decodeReplyDict, encodeFailure, failureOf } from './http-reply.ts';
import {
  type AnnounceRequest,
  type AnnounceSuccess,
  LONGEST_TEXT,
  MOST_PEERS,
  type TrackerEvent,
  type TrackerFailure,
} from './messages.ts';
import { escapeBytes, parseQuery, unescapeBytes } from './query.ts';

const events: readonly TrackerEvent[] = ['none', 'completed', 'started', 'stopped', 'paused'];
/** Interval taken when a reply names none, seconds; the usual one. */
const DEFAULT_INTERVAL = 1800;
/** The query of an announce, to be put behind the tracker's URL (`addQuery`). */
export function encodeAnnounceQuery(request: AnnounceRequest): string {
  const parameters: [name: string, value: string][] = [
    ['info_hash', escapeBytes(request.infoHash)],
    ['peer_id', escapeBytes(request.peerId)],
    ['port', String(request.port)],
    ['uploaded', String(request.uploaded)],
    ['downloaded', String(request.downloaded)],
    ['left', String(request.left)],
    ['compact', request.isCompact ? '1' : '0'],
    ['no_peer_id', '1'],
  ];
  if (request.numWant !== null) parameters.push(['numwant', String(request.numWant)]);
  if (request.event !== 'none') parameters.push(['event', request.event]);
  if (request.key !== null) parameters.push(['key', escapeBytes(utf8(request.key))]);
  if (request.trackerId !== null) parameters.push(['trackerid', escapeBytes(utf8(request.trackerId))]);
  for (const host of request.claimedHosts) parameters.push([isIPv6(host) ? 'ipv6' : 'ipv4', escapeBytes(utf8(host))]);
  return parameters.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Reads the query of an announce. A failure says which parameter is at fault, ready to be sent back. */
export function decodeAnnounceQuery(query: string): AnnounceRequest | TrackerFailure {
  const pairs = parseQuery(query);
  if (pairs === null) return refusal('the request is too long');
  const parameters = new Map(pairs);
  const bytes = (name: string): Uint8Array => unescapeBytes(parameters.get(name) ?? '');
  const text = (name: string): string | null => (parameters.has(name) ? toText(bytes(name)) : null);
  const count = (name: string): number | null => countOf(parameters.get(name));
  const [infoHash, peerId] = [bytes('info_hash'), bytes('peer_id')];
  if (infoHash.length !== 20) return refusal('info_hash is missing or has not 20 bytes');
  if (peerId.length !== 20) return refusal('peer_id is missing or has not 20 bytes');
  const port = count('port');
  if (port === null || port > 65535) return refusal('port is missing or not a port');
  const left = count('left');
  if (left === null) return refusal('left is missing or not a number');
  const event = (parameters.get('event') || 'none') as TrackerEvent;
  if (!events.includes(event)) return refusal('event is none of started, completed, stopped and paused');
  return {
    infoHash,
    peerId,
    port,
    uploaded: count('uploaded') ?? 0,
    downloaded: count('downloaded') ?? 0,
    left,
    event,
    numWant: count('numwant'),
    key: text('key')?.slice(0, LONGEST_TEXT) ?? null,
    trackerId: text('trackerid')?.slice(0, LONGEST_TEXT) ?? null,
    isCompact: parameters.get('compact') !== '0',
    claimedHosts: ['ip', 'ipv4', 'ipv6'].flatMap((name) => canonicalHost(text(name)) ?? []),
  };
}

const refusal = (reason: string): TrackerFailure => ({ kind: 'failure', reason, retryIn: 'never' });

function canonicalHost(text: string | null): string | null {
  const bytes = text === null ? null : parseHost(text);
  return bytes === null ? null : formatHost(bytes);
}

/** The body of a tracker's answer. Peers go compact (BEP 23, 7) unless the request wanted dictionaries. */
export function encodeAnnounceReply(reply: AnnounceSuccess | TrackerFailure, isCompact: boolean): Uint8Array {
  if (reply.kind === 'failure') return encodeFailure(reply);
  const peers6 = isCompact ? encodeCompactPeers(reply.peers, 6) : new Uint8Array(0);
  return encode({
    complete: reply.complete ?? undefined,
    downloaded: reply.downloaded ?? undefined,
    'external ip': reply.externalHost === null ? undefined : (parseHost(reply.externalHost) ?? undefined),
    incomplete: reply.incomplete ?? undefined,
    interval: reply.interval,
    'min interval': reply.minInterval ?? undefined,
    peers: isCompact
      ? encodeCompactPeers(reply.peers, 4)
      : reply.peers.map(({ host, port }): Encodable => ({ ip: host, port })),
    peers6: peers6.length === 0 ? undefined : peers6,
    'tracker id': reply.trackerId ?? undefined,
    'warning message': reply.warning ?? undefined,
  });
}

/** Reads the body of a tracker's answer; null when it is not one. */
export function decodeAnnounceReply(body: Uint8Array): AnnounceSuccess | TrackerFailure | null {
  const dict = decodeReplyDict(body);
  if (dict === null) return null;
  const failure = failureOf(dict);
  if (failure !== null) return failure;
  const external = dict.bytes('external ip');
  return {
    kind: 'success',
    interval: countIn(dict, 'interval') ?? DEFAULT_INTERVAL,
    minInterval: countIn(dict, 'min interval'),
    complete: countIn(dict, 'complete'),
    incomplete: countIn(dict, 'incomplete'),
    downloaded: countIn(dict, 'downloaded'),
    peers: readPeers(dict),
    trackerId: dict.text('tracker id')?.slice(0, LONGEST_TEXT) ?? null,
    warning: printable(dict.text('warning message') ?? '', LONGEST_TEXT),
    externalHost: external?.length === 4 || external?.length === 16 ? formatHost(external) : null,
  };
}

function readPeers(dict: BencodeDict): PeerAddress[] {
  const peers = dict.get('peers');
  const first =
    peers instanceof Uint8Array ? decodeCompactPeers(peers, 4, MOST_PEERS) : readPeerDicts(dict.list('peers'));
  const peers6 = dict.bytes('peers6');
  return peers6 === null ? first : [...first, ...decodeCompactPeers(peers6, 6, MOST_PEERS - first.length)];
}

/** BEP 3's own form. Peers given by host name are left out: nobody resolves names that a tracker makes up. */
function readPeerDicts(list: BencodeList | null): PeerAddress[] {
  const peers: PeerAddress[] = [];
  for (const item of list ?? []) {
    if (peers.length === MOST_PEERS) break;
    if (!(item instanceof BencodeDict)) continue;
    const host = canonicalHost(item.text('ip'));
    const port = item.int('port');
    if (host !== null && port !== null && port >= 1 && port <= 65535) peers.push({ host, port });
  }
  return peers;
}
