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
  /** In the list of records with something to store. */
  dirty: 8,
  /** Peers of a torrent that are on WebSockets. */
  web: 16,
  /** No swarm but an account of a private tracker, or a passkey, which is another name of one (account-table.ts). */
  member: 32,
} as const;

/**
 * Sets `key` to the name of a record that no client can name. Info hashes are what clients say they are, so that what
 * else is in the table lies behind five secret words; applied again, it gives the plain name.
 */
export function setHiddenKey(key: Int32Array, name: Int32Array, words: Int32Array, secretAt: number): void {
  for (let i = 0; i < 5; i++) key[i] = (name[i] as number) ^ (words[secretAt + i] as number);
}
