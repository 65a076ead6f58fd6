/**
 * The memory of a swarm table: one shared buffer that all threads of a tracker work in, so that every protocol and
 * every core sees the same swarms. It is as large as the table may ever become, and the system gives it pages only
 * where it was written to: an empty table costs next to nothing.
 *
 * Layout: control words, headers of the shards, counters of addresses, a byte for each unit (see arena.ts), units.
 * Places are counted in units of 64 bytes from the start of the buffer; place 0 is nowhere.
 */
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';

/** Smallest piece of memory that is given out, bytes: a cache line. */
export const UNIT: ByteCount = 64;
/** Swarms are spread over so many independently locked parts. */
export const SHARDS = 256;
/** Slots of a shard's expiry wheel. */
export const WHEEL_SLOTS = 128;
/** Words of a shard's header: the five of `Shard` (swarm-index.ts), then its wheel. */
export const SHARD_WORDS: number = 5 + WHEEL_SLOTS;
/** Counters of peers by address (address-quota.ts), in each of two rows. */
export const QUOTA_COUNTERS = 65536;
/** Orders of blocks that the arena knows: 64 bytes to 1 GiB. */
export const ORDERS = 25;

/** Smallest and largest table, bytes. The largest keeps every place a small integer. */
export const SMALLEST_TABLE: ByteCount = 1024 * 1024;
const LARGEST_TABLE: ByteCount = 1024 * 1024 * 1024;

/** Control words. */
export const Control = {
  units: 0,
  seed: 1,
  arenaLock: 2,
  usedUnits: 3,
  swarms: 4,
  /** Peers in the table, by family. */
  peers4: 5,
  peers6: 6,
  /** Peers on WebSockets, counted as IPv4 peers too. */
  webPeers: 7,
  /** Accounts and passkeys, counted as swarms too, and sessions of accounts, counted as IPv4 peers too. */
  members: 8,
  sessions: 9,
  /** Five words each: what hides the names of records that are not of info hashes (swarm-record.ts). */
  webSecret: 10,
  memberSecret: 15,
  /** Two words that key the names of sessions. A snapshot carries them, unlike all else that is secret here. */
  sessionKey: 20,
  freeLists: 22,
  shards: 47,
} as const;

const QUOTA_AT = Control.shards + SHARDS * SHARD_WORDS;
const HEAD: ByteCount = 4 * (QUOTA_AT + 2 * QUOTA_COUNTERS);

export class TableMemory {
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  readonly shorts: Uint16Array;
  readonly words: Int32Array;
  /** First counter of the address quota, in words. */
  readonly quotaAt: number = QUOTA_AT;
  /** First byte of the map of units. */
  readonly mapAt: ByteCount;
  /** First unit that is given out. */
  readonly firstUnit: number;
  readonly units: number;

  /** Secret: keys the hashes that say where things lie. */
  get seed(): number {
    return this.words[Control.seed] as number;
  }

  /** 8 bytes, secret: the names of sessions are as good as those of before when this is (account-table.ts). */
  get sessionKey(): Uint8Array {
    return this.bytes.subarray(4 * Control.sessionKey, 4 * Control.sessionKey + 8);
  }

  private constructor(buffer: SharedArrayBuffer, units: number) {
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.shorts = new Uint16Array(buffer);
    this.words = new Int32Array(buffer);
    this.mapAt = HEAD;
    this.firstUnit = Math.ceil((HEAD + units) / UNIT);
    this.units = units;
  }

  /** New memory for swarms and peers of `capacity` bytes. What is drawn from `random` decides where everything lies. */
  static create(capacity: ByteCount, random: Pick<Random, 'below'>): TableMemory {
    const units = Math.floor(Math.min(LARGEST_TABLE, Math.max(SMALLEST_TABLE, capacity)) / UNIT);
    const length = (Math.ceil((HEAD + units) / UNIT) + units) * UNIT;
    const memory = new TableMemory(new SharedArrayBuffer(length), units);
    memory.words[Control.units] = units;
    memory.words[Control.seed] = random.below(2 ** 32) | 0;
    for (let at = Control.webSecret; at < Control.freeLists; at++) memory.words[at] = random.below(2 ** 32) | 0;
    return memory;
  }

  /** The memory of a table that another thread made. */
  static attach(buffer: SharedArrayBuffer): TableMemory {
    return new TableMemory(buffer, new Int32Array(buffer, 0, 1)[Control.units] as number);
  }
}
