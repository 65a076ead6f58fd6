/**
 * What the fronts of a tracker (UDP, HTTP, WebSocket) ask of the swarms, and the values that go both ways.
 *
 * A call is one object that is filled and used again and again, because hundreds of thousands of them pass each
 * second; all fields are numbers, constants and arrays that stay. A store that answers at once returns nothing, and
 * then a front needs one call; one that answers later (a shared database) returns a promise, and the front gives it a
 * call of its own.
 */
import type { ByteCount } from '../base/units.ts';
import type { TrackerEvent } from '../codec/announce/index.ts';

export type PeerFamily = 4 | 6;

/** What a peer is in the swarm for. A paused one has not everything and fetches nothing (BEP 21). */
export type PeerRole = 'downloading' | 'seeding' | 'paused';

/** A time in ticks of four seconds. */
export type Tick = number;
export const TICK_SECONDS = 4;

/** Most peers of one family in an answer. */
export const MOST_WANTED = 200;

/**
 * `unknown`: only registered torrents are served, and this is none. `denied`: the operator refuses it. `full`: there is
 * no memory for another swarm. `stranger`: no valid passkey. `suspended`: the account may not announce. `crowded`: it has
 * as many peers as it may.
 */
export type Outcome = 'served' | 'unknown' | 'denied' | 'full' | 'stranger' | 'suspended' | 'crowded';

/** Memory that is written to from the front; `at` is where the next byte goes. */
export interface ByteSink {
  bytes: Uint8Array;
  at: number;
}

const bytesOf = (array: Int32Array | Uint16Array): Uint8Array => new Uint8Array(array.buffer as ArrayBuffer);

/** What an announce says of who sends it. */
export interface MemberClaim {
  /** Names the account; empty: none. */
  passkey: string;
  /** Bytes since the client began. */
  uploaded: ByteCount;
  downloaded: ByteCount;
}

/** Where a client is. */
export class HostAddress {
  family: PeerFamily = 4;
  /** Host and, of a peer, port in network order: 6 bytes, or 18. */
  readonly address: Uint16Array = new Uint16Array(9);
  readonly addressBytes: Uint8Array = bytesOf(this.address);
}

/** The first 20 bytes, an info hash or what is as long, as five words. */
export const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(new Uint8Array(bytes.subarray(0, 20)).buffer);

export class AnnounceCall extends HostAddress {
  /** 20 bytes each, as they come over the wire. */
  readonly infoHash: Int32Array = new Int32Array(5);
  readonly infoHashBytes: Uint8Array = bytesOf(this.infoHash);
  readonly peerId: Int32Array = new Int32Array(5);
  readonly peerIdBytes: Uint8Array = bytesOf(this.peerId);
  role: PeerRole = 'downloading';
  event: TrackerEvent = 'none';
  want = 0;
  /** Peers of the other family fill up what the own one leaves (BEP 7). */
  isForBothFamilies = false;
  /** The answer has the peers' ids too. */
  wantsPeerIds = false;
  /** What only a private tracker asks for. */
  readonly member: MemberClaim = { passkey: '', uploaded: 0, downloaded: 0 };
  now: Tick = 0;

  outcome: Outcome = 'served';
  complete = 0;
  incomplete = 0;
  completed = 0;
  /** Compact addresses, 6 or 18 bytes each. */
  readonly peers4: ByteSink = { bytes: new Uint8Array(6 * MOST_WANTED), at: 0 };
  readonly peers6: ByteSink = { bytes: new Uint8Array(18 * MOST_WANTED), at: 0 };
  /** 20 bytes each: of the peers of the own family, then of the other. */
  readonly peerIds: ByteSink = { bytes: new Uint8Array(20 * MOST_WANTED), at: 0 };
}

/** Numbers of one swarm (BEP 48, 21). */
export interface SwarmCounts {
  complete: number;
  incomplete: number;
  /** Of the incomplete, those that download. */
  downloaders: number;
  /** Finished downloads. */
  completed: number;
}

export interface SwarmStore {
  announce(call: AnnounceCall): Promise<void> | undefined;
  /** Counts of a swarm into `counts`; zeros when there is none. `infoHash`: five words. */
  scrape(infoHash: Int32Array, counts: SwarmCounts): Promise<void> | undefined;
}
