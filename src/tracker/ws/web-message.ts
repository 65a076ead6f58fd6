/**
 * Messages of the WebTorrent tracker protocol, which no BEP describes: JSON texts over a WebSocket, as
 * bittorrent-tracker speaks it. Hashes and ids are strings of 20 characters, each a byte (latin-1). A message is read
 * into a request or into what is wrong with it, and nothing of it is kept that was not bounded.
 */
import type { ByteCount } from '../../base/units.ts';
import type { TrackerEvent } from '../../codec/announce/index.ts';

/** Longest message, characters: ten offers, each with many candidates, are less than half of it. */
export const LONGEST_MESSAGE: number = 64 * 1024;
/** Offers of an announce that are looked at; clients send five, or ten. */
export const MOST_OFFERS = 10;
/** Longest session description (SDP) of an offer or answer, characters. */
const LONGEST_SDP = 16 * 1024;
/** Longest id of an offer, characters; clients use 20. */
const LONGEST_OFFER_ID = 64;
/** Swarms in one scrape. */
const MOST_SCRAPED = 100;

/** What one peer tells another about its WebRTC session. */
export interface SessionDescription {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

export interface WebOffer {
  readonly offer: SessionDescription;
  readonly offerId: string;
}

export interface WebAnnounce {
  readonly kind: 'announce';
  readonly infoHash: string;
  readonly peerId: string;
  readonly event: TrackerEvent;
  /** Null: not known yet (a magnet link). */
  readonly left: number | null;
  /** Bytes since the client began; 0 when it does not say. */
  readonly uploaded: ByteCount;
  readonly downloaded: ByteCount;
  /** Each is for another peer. */
  readonly offers: readonly WebOffer[];
}

/** The answer to an offer: an announce of this form says nothing about the swarm. */
export interface WebAnswer {
  readonly kind: 'answer';
  readonly infoHash: string;
  readonly peerId: string;
  readonly toPeerId: string;
  readonly offerId: string;
  readonly answer: SessionDescription;
}

export interface WebScrape {
  readonly kind: 'scrape';
  readonly infoHashes: readonly string[];
}

export type WebAction = 'announce' | 'scrape';

/** Why a message is not served. What is not known of it is null. */
export interface WebFailure {
  readonly kind: 'failure';
  readonly action: WebAction | null;
  readonly infoHash: string | null;
  readonly reason: string;
}

/** An object as JSON.parse makes it. */
type Json = Readonly<Record<string, unknown>>;

/** Reads a message; never throws. */
export function readWebMessage(text: string): WebAnnounce | WebAnswer | WebScrape | WebFailure {
  if (text.length > LONGEST_MESSAGE) return failureOf(null, null, 'the message is too long');
  const message = parse(text);
  if (message === null) return failureOf(null, null, 'the message is not a JSON object');
  const action = message['action'];
  if (action === 'scrape') return readScrape(message);
  if (action !== 'announce') return failureOf(null, null, 'action is neither announce nor scrape');
  const infoHash = message['info_hash'];
  if (!isBinary20(infoHash)) return failureOf('announce', null, 'info_hash is missing or has not 20 bytes');
  const read = readAnnounce(message, infoHash);
  return typeof read === 'string' ? failureOf('announce', infoHash, read) : read;
}

const failureOf = (action: WebAction | null, infoHash: string | null, reason: string): WebFailure => ({
  kind: 'failure',
  action,
  infoHash,
  reason,
});

/** The parser does not recurse, and what it builds is bounded by the length of the text. */
function parse(text: string): Json | null {
  try {
    return objectIn(JSON.parse(text));
  } catch {
    return null;
  }
}

const objectIn = (value: unknown): Json | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;

/** Twenty characters that are a byte each. */
function isBinary20(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== 20) return false;
  for (let i = 0; i < 20; i++) if (value.charCodeAt(i) > 0xff) return false;
  return true;
}

const isOfferId = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= LONGEST_OFFER_ID;

function readScrape(message: Json): WebScrape | WebFailure {
  const given = message['info_hash'];
  const infoHashes: readonly unknown[] = Array.isArray(given) ? given : [given];
  const first = isBinary20(infoHashes[0]) ? infoHashes[0] : null;
  if (given === undefined || infoHashes.length === 0) {
    return failureOf('scrape', null, 'a scrape names its torrents by info_hash');
  }
  if (infoHashes.length > MOST_SCRAPED) {
    return failureOf('scrape', first, `more than ${MOST_SCRAPED} torrents in one scrape`);
  }
  if (!infoHashes.every(isBinary20)) return failureOf('scrape', first, 'an info_hash has not 20 bytes');
  return { kind: 'scrape', infoHashes };
}

/** An announce, or what is wrong with it. */
function readAnnounce(message: Json, infoHash: string): WebAnnounce | WebAnswer | string {
  const peerId = message['peer_id'];
  if (!isBinary20(peerId)) return 'peer_id is missing or has not 20 bytes';
  if (message['answer'] !== undefined && message['answer'] !== null) return readAnswer(message, infoHash, peerId);
  const event = eventIn(message['event']);
  if (event === undefined) return 'event is none of started, update, completed, stopped and paused';
  const left = leftIn(message['left']);
  if (left === undefined) return 'left is not a number';
  const offers = event === 'stopped' ? [] : offersIn(message['offers'], message['numwant']);
  if (typeof offers === 'string') return offers;
  const [uploaded, downloaded] = [bytesIn(message['uploaded']), bytesIn(message['downloaded'])];
  return { kind: 'announce', infoHash, peerId, event, left, uploaded, downloaded, offers };
}

function readAnswer(message: Json, infoHash: string, peerId: string): WebAnswer | string {
  const answer = descriptionIn(message['answer'], 'answer');
  if (answer === null) return 'answer is no session description';
  const [toPeerId, offerId] = [message['to_peer_id'], message['offer_id']];
  if (!isBinary20(toPeerId)) return 'to_peer_id is missing or has not 20 bytes';
  if (!isOfferId(offerId)) return 'offer_id is missing or too long';
  return { kind: 'answer', infoHash, peerId, toPeerId, offerId, answer };
}

function eventIn(value: unknown): TrackerEvent | undefined {
  switch (value) {
    case 'started':
    case 'stopped':
    case 'completed':
    case 'paused':
      return value;
    case undefined:
    case null:
    case '':
    case 'none':
    case 'empty':
    case 'update':
      return 'none';
    default:
      return undefined;
  }
}

/** Clients that do not know it yet leave it out, or send Infinity, which is null in JSON. */
function leftIn(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null;
  const left = typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : value;
  return typeof left === 'number' && left >= 0 ? left : undefined;
}

/** A number of bytes that arithmetic is safe with; 0 when it is none. */
const bytesIn = (value: unknown): ByteCount =>
  typeof value === 'number' && value >= 0 ? Math.floor(Math.min(value, Number.MAX_SAFE_INTEGER)) : 0;

/** The offers for as many peers as are wanted; those after the tenth are dropped. */
function offersIn(value: unknown, numWant: unknown): WebOffer[] | string {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return 'offers is not a list';
  const wanted = typeof numWant === 'number' && numWant >= 0 ? Math.min(numWant, MOST_OFFERS) : MOST_OFFERS;
  const offers: WebOffer[] = [];
  for (const item of value.slice(0, wanted) as readonly unknown[]) {
    const one = objectIn(item);
    const offer = descriptionIn(one?.['offer'], 'offer');
    const offerId = one?.['offer_id'];
    if (offer === null) return 'an offer is no session description';
    if (!isOfferId(offerId)) return 'the offer_id of an offer is missing or too long';
    offers.push({ offer, offerId });
  }
  return offers;
}

function descriptionIn(value: unknown, type: SessionDescription['type']): SessionDescription | null {
  const description = objectIn(value);
  const sdp = description?.['sdp'];
  if (description?.['type'] !== type || typeof sdp !== 'string' || sdp.length > LONGEST_SDP) return null;
  return { type, sdp };
}
