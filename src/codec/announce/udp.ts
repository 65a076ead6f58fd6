/**
 * The UDP tracker protocol: BEP 15, with the options of BEP 41 behind an announce request. Both directions, for
 * client and tracker. Packets may be longer than their fields (BEP 15); shorter ones are not messages: null.
 */
import { concat, readU16, readU32, toHex, toText, utf8, writeU16, writeU32 } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';
import type { ByteCount } from '../../base/units.ts';
import { type AddressFamily, decodeCompactPeers, encodeCompactPeers } from './compact-peers.ts';
import {
  type AnnounceRequest,
  type AnnounceSuccess,
  LONGEST_TEXT,
  MOST_PEERS,
  type ScrapeEntry,
  type TrackerEvent,
} from './messages.ts';

/** Random number by which a reply is matched with its request, 0 … 2^32 − 1. */
type TransactionId = number;

export type UdpTrackerRequest =
  | { readonly action: 'connect'; readonly transactionId: TransactionId }
  | {
      readonly action: 'announce';
      /** 8 bytes, from the reply to `connect`. */
      readonly connectionId: Uint8Array;
      readonly transactionId: TransactionId;
      readonly request: AnnounceRequest;
      /** BEP 41: path and query of the tracker's URL; null when the client did not send the option. */
      readonly urlData: string | null;
    }
  | {
      readonly action: 'scrape';
      readonly connectionId: Uint8Array;
      readonly transactionId: TransactionId;
      /** 20 bytes each. */
      readonly infoHashes: readonly Uint8Array[];
    };

export type UdpTrackerReply =
  | { readonly action: 'connect'; readonly transactionId: TransactionId; readonly connectionId: Uint8Array }
  | { readonly action: 'announce'; readonly transactionId: TransactionId; readonly success: AnnounceSuccess }
  | {
      readonly action: 'scrape';
      readonly transactionId: TransactionId;
      /** In the order of the request, which alone names the swarms. */
      readonly entries: readonly Omit<ScrapeEntry, 'infoHash'>[];
    }
  | { readonly action: 'error'; readonly transactionId: TransactionId; readonly message: string };

/** Swarms in one scrape (BEP 15: "about 74"). */
export const MOST_UDP_SCRAPES = 74;
const Action = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
const Option = { end: 0, nop: 1, urlData: 2 } as const;
/** Marks the protocol, 0x41727101980, as its two words. */
const MAGIC = [0x417, 0x27101980] as const;
const ANNOUNCE_LENGTH = 98;
/** Events by their number; 4 is `paused` in the practice of BEP 21. */
const events: readonly TrackerEvent[] = ['none', 'completed', 'started', 'stopped', 'paused'];
/** "As many as you like", −1. */
const DEFAULT_NUM_WANT = 0xffffffff;

export function encodeUdpTrackerRequest(message: UdpTrackerRequest): Uint8Array {
  switch (message.action) {
    case 'connect': {
      const bytes = requestHead(16, null, Action.connect, message.transactionId);
      writeU32(bytes, 0, MAGIC[0]);
      writeU32(bytes, 4, MAGIC[1]);
      return bytes;
    }
    case 'announce': {
      const head = requestHead(ANNOUNCE_LENGTH, message.connectionId, Action.announce, message.transactionId);
      writeAnnounce(head, message.request);
      return message.urlData === null ? head : concat([head, encodeUrlData(message.urlData)]);
    }
    case 'scrape':
      return concat([
        requestHead(16, message.connectionId, Action.scrape, message.transactionId),
        ...message.infoHashes,
      ]);
  }
}

function requestHead(
  length: ByteCount,
  connectionId: Uint8Array | null,
  action: number,
  transactionId: TransactionId,
): Uint8Array {
  const bytes = new Uint8Array(length);
  if (connectionId !== null) bytes.set(connectionId);
  writeU32(bytes, 8, action);
  writeU32(bytes, 12, transactionId);
  return bytes;
}

function writeAnnounce(bytes: Uint8Array, request: AnnounceRequest): void {
  bytes.set(request.infoHash, 16);
  bytes.set(request.peerId, 36);
  writeU64(bytes, 56, request.downloaded);
  writeU64(bytes, 64, request.left);
  writeU64(bytes, 72, request.uploaded);
  writeU32(bytes, 80, events.indexOf(request.event));
  writeU32(bytes, 88, Number.parseInt(request.key ?? '0', 16) >>> 0);
  writeU32(bytes, 92, request.numWant ?? DEFAULT_NUM_WANT);
  writeU16(bytes, 96, request.port);
}

/** BEP 41: options of at most 255 bytes, which the tracker joins. */
function encodeUrlData(text: string): Uint8Array {
  const data = utf8(text);
  const parts: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Uint8Array.of(Option.urlData, part.length), part);
  }
  return concat(parts);
}

export function decodeUdpTrackerRequest(bytes: Uint8Array): UdpTrackerRequest | null {
  if (bytes.length < 16) return null;
  const connectionId = bytes.slice(0, 8);
  const transactionId = readU32(bytes, 12);
  switch (readU32(bytes, 8)) {
    case Action.connect:
      return readU32(bytes, 0) === MAGIC[0] && readU32(bytes, 4) === MAGIC[1]
        ? { action: 'connect', transactionId }
        : null;
    case Action.announce: {
      const request = readAnnounce(bytes);
      return request === null
        ? null
        : { action: 'announce', connectionId, transactionId, request, urlData: decodeUrlData(bytes) };
    }
    case Action.scrape: {
      const infoHashes: Uint8Array[] = [];
      for (let at = 16; at + 20 <= bytes.length && infoHashes.length < MOST_UDP_SCRAPES; at += 20)
        infoHashes.push(bytes.slice(at, at + 20));
      return { action: 'scrape', connectionId, transactionId, infoHashes };
    }
    default:
      return null;
  }
}

function readAnnounce(bytes: Uint8Array): AnnounceRequest | null {
  const event = events[readU32(bytes, 80)];
  if (bytes.length < ANNOUNCE_LENGTH || event === undefined) return null;
  const numWant = readU32(bytes, 92);
  const claimed = bytes.subarray(84, 88);
  return {
    infoHash: bytes.slice(16, 36),
    peerId: bytes.slice(36, 56),
    port: readU16(bytes, 96),
    downloaded: readU64(bytes, 56),
    left: readU64(bytes, 64),
    uploaded: readU64(bytes, 72),
    event,
    numWant: numWant >= 0x80000000 ? null : numWant,
    key: toHex(bytes.subarray(88, 92)),
    trackerId: null,
    isCompact: true,
    claimedHosts: claimed.some((byte) => byte !== 0) ? [claimed.join('.')] : [],
  };
}

/** The joined URLData of the options behind an announce; null when there is none. Ends at the first broken option. */
function decodeUrlData(bytes: Uint8Array): string | null {
  const parts: Uint8Array[] = [];
  let at = ANNOUNCE_LENGTH;
  while (at < bytes.length && bytes[at] !== Option.end) {
    if (bytes[at] === Option.nop) {
      at++;
      continue;
    }
    const end = at + 2 + (bytes[at + 1] ?? bytes.length);
    if (end > bytes.length) break;
    if (bytes[at] === Option.urlData) parts.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return parts.length === 0 ? null : toText(concat(parts));
}

/** `family` is that of the datagram's addresses: it decides the size of the peers (BEP 15). */
export function encodeUdpTrackerReply(message: UdpTrackerReply, family: AddressFamily): Uint8Array {
  const head = (action: number, length: ByteCount): Uint8Array => {
    const bytes = new Uint8Array(length);
    writeU32(bytes, 0, action);
    writeU32(bytes, 4, message.transactionId);
    return bytes;
  };
  switch (message.action) {
    case 'connect':
      return concat([head(Action.connect, 8), message.connectionId]);
    case 'announce': {
      const bytes = head(Action.announce, 20);
      writeU32(bytes, 8, message.success.interval);
      writeU32(bytes, 12, message.success.incomplete ?? 0);
      writeU32(bytes, 16, message.success.complete ?? 0);
      return concat([bytes, encodeCompactPeers(message.success.peers, family)]);
    }
    case 'scrape': {
      const bytes = head(Action.scrape, 8 + 12 * message.entries.length);
      for (const [i, entry] of message.entries.entries()) {
        writeU32(bytes, 8 + 12 * i, entry.complete);
        writeU32(bytes, 12 + 12 * i, entry.downloaded);
        writeU32(bytes, 16 + 12 * i, entry.incomplete);
      }
      return bytes;
    }
    case 'error':
      return concat([head(Action.error, 8), utf8(message.message)]);
  }
}

/** `family` is that of the datagram's addresses: it decides the size of the peers (BEP 15). */
export function decodeUdpTrackerReply(bytes: Uint8Array, family: AddressFamily): UdpTrackerReply | null {
  if (bytes.length < 8) return null;
  const transactionId = readU32(bytes, 4);
  switch (readU32(bytes, 0)) {
    case Action.connect:
      return bytes.length < 16 ? null : { action: 'connect', transactionId, connectionId: bytes.slice(8, 16) };
    case Action.announce:
      return bytes.length < 20 ? null : { action: 'announce', transactionId, success: readSuccess(bytes, family) };
    case Action.scrape: {
      const entries: Omit<ScrapeEntry, 'infoHash'>[] = [];
      for (let at = 8; at + 12 <= bytes.length; at += 12) {
        entries.push({
          complete: readU32(bytes, at),
          downloaded: readU32(bytes, at + 4),
          incomplete: readU32(bytes, at + 8),
          downloaders: null,
        });
      }
      return { action: 'scrape', transactionId, entries };
    }
    case Action.error:
      return { action: 'error', transactionId, message: printable(toText(bytes.subarray(8)), LONGEST_TEXT) ?? '' };
    default:
      return null;
  }
}

function readSuccess(bytes: Uint8Array, family: AddressFamily): AnnounceSuccess {
  return {
    kind: 'success',
    interval: readU32(bytes, 8),
    minInterval: null,
    complete: readU32(bytes, 16),
    incomplete: readU32(bytes, 12),
    downloaded: null,
    peers: decodeCompactPeers(bytes.subarray(20), family, MOST_PEERS),
    trackerId: null,
    warning: null,
    externalHost: null,
  };
}

/** Counters above 2^53 − 1 are read as that. */
function readU64(bytes: Uint8Array, at: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, readU32(bytes, at) * 2 ** 32 + readU32(bytes, at + 4));
}

function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / 2 ** 32));
  writeU32(bytes, at + 4, value % 2 ** 32);
}
