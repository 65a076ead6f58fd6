/**
 * Reads the query of an announce (BEP 3, 7, 21, 23) straight into a call, without objects for its parameters. Values
 * are bytes, percent-encoded: a character is a byte.
 */
import type { TrackerEvent } from '../../codec/announce/index.ts';
import type { AnnounceCall } from '../swarm-store.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
/** Longest number that is read, digits. */
const MOST_DIGITS = 20;

/** What an announce says besides what goes into the call. */
export class AnnounceQuery {
  port = -1;
  isCompact = true;
  wantsPeerIds = true;
  /** What is wrong with the query; null when it can be served. */
  problem: string | null = null;
  #hasLeft = false;
  #infoHash = 0;
  #peerId = 0;
  #event: TrackerEvent | undefined = 'none';

  /** Reads the part of a request target from `at` on. */
  read(target: string, at: number, call: AnnounceCall): void {
    this.port = -1;
    this.isCompact = true;
    this.wantsPeerIds = true;
    this.#hasLeft = false;
    this.#infoHash = 0;
    this.#peerId = 0;
    this.#event = 'none';
    call.role = 'downloading';
    call.want = -1;
    call.member.uploaded = 0;
    call.member.downloaded = 0;
    for (let start = at; start < target.length; ) {
      let equals = -1;
      let end = start;
      for (; end < target.length; end++) {
        const code = target.charCodeAt(end);
        if (code === AMPERSAND) break;
        if (code === EQUALS && equals < 0) equals = end;
      }
      if (equals > start) this.#take(target, start, equals, end, call);
      start = end + 1;
    }
    const event = this.#event as TrackerEvent | undefined; // which reading has changed
    call.event = event ?? 'none';
    if (event === 'paused' && call.role === 'downloading') call.role = 'paused';
    this.problem = this.#findProblem();
  }

  #findProblem(): string | null {
    if (this.#infoHash !== 20) return 'info_hash is missing or has not 20 bytes';
    if (this.#peerId !== 20) return 'peer_id is missing or has not 20 bytes';
    if (this.port < 0 || this.port > 65535) return 'port is missing or not a port';
    if (!this.#hasLeft) return 'left is missing or not a number';
    return this.#event === undefined ? 'event is none of started, completed, stopped and paused' : null;
  }

  #take(target: string, start: number, equals: number, end: number, call: AnnounceCall): void {
    switch (target.slice(start, equals)) {
      case 'info_hash':
        this.#infoHash = unescapeInto(target, equals + 1, end, call.infoHashBytes);
        return;
      case 'peer_id':
        this.#peerId = unescapeInto(target, equals + 1, end, call.peerIdBytes);
        return;
      case 'port':
        this.port = numberIn(target, equals + 1, end);
        return;
      case 'left': {
        const left = numberIn(target, equals + 1, end);
        this.#hasLeft = left >= 0;
        call.role = left === 0 ? 'seeding' : 'downloading';
        return;
      }
      case 'uploaded':
        call.member.uploaded = bytesIn(target, equals + 1, end);
        return;
      case 'downloaded':
        call.member.downloaded = bytesIn(target, equals + 1, end);
        return;
      case 'event':
        this.#event = eventIn(target.slice(equals + 1, end));
        return;
      case 'numwant':
        call.want = Math.min(numberIn(target, equals + 1, end), 0x7fffffff);
        return;
      case 'compact':
        this.isCompact = target.charCodeAt(equals + 1) !== 0x30;
        return;
      case 'no_peer_id':
        this.wantsPeerIds = target.charCodeAt(equals + 1) === 0x30;
        return;
      default:
    }
  }
}

function eventIn(text: string): TrackerEvent | undefined {
  switch (text) {
    case 'started':
    case 'stopped':
    case 'completed':
    case 'paused':
      return text;
    case '':
    case 'none':
    case 'empty':
      return 'none';
    default:
      return undefined;
  }
}

/** The number in digits from `at` to `end`; −1 when it is none. */
function numberIn(text: string, at: number, end: number): number {
  if (end === at || end - at > MOST_DIGITS) return -1;
  let value = 0;
  for (let i = at; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
  }
  return value;
}

/** A number of bytes that arithmetic is safe with; 0 when it is none. */
const bytesIn = (text: string, at: number, end: number): number =>
  Math.min(Math.max(0, numberIn(text, at, end)), Number.MAX_SAFE_INTEGER);

const hexDigit = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
};

/** Writes the bytes of a percent-encoded value; answers with their number, or −1 when there are more than fit. */
export function unescapeInto(text: string, at: number, end: number, out: Uint8Array): number {
  let length = 0;
  for (let i = at; i < end; i++) {
    if (length === out.length) return -1;
    const code = text.charCodeAt(i);
    if (code === PERCENT && i + 2 < end) {
      const [high, low] = [hexDigit(text.charCodeAt(i + 1)), hexDigit(text.charCodeAt(i + 2))];
      if (high >= 0 && low >= 0) {
        out[length++] = 16 * high + low;
        i += 2;
        continue;
      }
    }
    out[length++] = code === PLUS ? SPACE : code;
  }
  return length;
}
