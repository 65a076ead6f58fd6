/**
 * A swarm's record: two units, at a place that never changes while the swarm is there. Two IPv4 peers lie in the
 * record itself, for most swarms are that small.
 */
import type { ByteCount } from '../../base/units.ts';

/** Order of a record's memory: 128 bytes. */
export const RECORD_ORDER = 1;

/** Words of a record. */
export const Field = {
  /** 20 bytes. */
  infoHash: 0,
  flags: 5,
  /** Four words for each family: see `PeerField`. */
  peers4: 6,
  peers6: 10,
  /** Finished downloads that are stored durably: only these are told to anybody. */
  completed: 14,
  /** Finished downloads that are not stored yet. */
  pending: 15,
  /** Next record in the same slot of the expiry wheel. */
  wheelNext: 16,
  /** Next record with something to store. */
  dirtyNext: 17,
} as const;

/** Words of one family. An alias has its target's info hash here instead of IPv4 peers. */
export const PeerField = { block: 0, downloading: 1, others: 2, paused: 3 } as const;

/** First byte of the peers that lie in the record. */
export const INLINE_AT: ByteCount = 72;
export const INLINE_PEERS = 2;

export const Flag = {
  /** Registered by the operator: stays when it is empty. */
  registered: 1,
  /** Refused by the operator. */
  denied: 2,
  /** Another name (a truncated v2 hash) of the swarm that its target names. */
  alias: 4,
  /** Peers of a torrent that are on WebSockets (see `webKey`). */
  web: 16,
  /** In the list of records with something to store. */
  dirty: 8,
} as const;

/** Distinguishes the record of a torrent's peers on WebSockets from that of its others. */
const WEB = 0x57656273;

/** Sets `key` to the name of the record with the peers on WebSockets of a torrent; applied again it gives the torrent. */
export function setWebKey(key: Int32Array, infoHash: Int32Array): void {
  key.set(infoHash);
  key[4] = (infoHash[4] as number) ^ WEB;
}
