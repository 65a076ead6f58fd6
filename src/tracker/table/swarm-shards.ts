/**
 * The parts of a table that its users share: records by shard, with their peers and their place in the expiry wheel.
 * Everything here is used between `enter` and `leave`, which hold the lock of one shard.
 */
import type { Random } from '../../base/random.ts';
import type { Tick } from '../swarm-store.ts';
import { AddressQuota } from './address-quota.ts';
import { Arena } from './arena.ts';
import { ExpiryWheel } from './expiry-wheel.ts';
import { hashInfoHash } from './hashing.ts';
import { PeerList } from './peer-list.ts';
import { acquire, release } from './shard-lock.ts';
import { Shard, SwarmIndex } from './swarm-index.ts';
import { Field, Flag, RECORD_ORDER } from './swarm-record.ts';
import { Control, SHARDS, SHARD_WORDS, type TableMemory, UNIT } from './table-memory.ts';

const WORDS = UNIT / 4;
const RECORD_WORDS = WORDS * 2 ** RECORD_ORDER;
/** Part of the memory above which only what the operator registered stays without peers. */
const NEARLY_FULL = 7 / 8;
/**
 * Names that are followed, each to the next. The database makes an alias lead to a swarm; while changes of several are
 * taken in one after another it may lead to another alias for a moment. What leads on for longer is a circle.
 */
export const MOST_HOPS = 3;
/** Flags of records that stay without peers. */
const LASTING = Flag.registered | Flag.denied | Flag.dirty;

export class SwarmShards {
  readonly words: Int32Array;
  readonly peers4: PeerList;
  readonly peers6: PeerList;
  readonly #arena: Arena;
  readonly #index: SwarmIndex;
  readonly #wheel: ExpiryWheel;
  readonly #seed: number;
  readonly #units: number;
  /** Header of the shard that was entered. */
  #shard = 0;

  /** `random` chooses peers. */
  constructor(memory: TableMemory, random: Pick<Random, 'below'>) {
    const quota = new AddressQuota(memory);
    this.words = memory.words;
    this.#arena = new Arena(memory);
    this.peers4 = new PeerList(memory, this.#arena, quota, 4, random);
    this.peers6 = new PeerList(memory, this.#arena, quota, 6, random);
    this.#index = new SwarmIndex(memory, this.#arena);
    this.#wheel = new ExpiryWheel(memory.words);
    this.#seed = memory.words[Control.seed] as number;
    this.#units = memory.units;
  }

  hashOf(infoHash: Int32Array): number {
    return hashInfoHash(infoHash, 0, this.#seed);
  }

  /** Takes the lock of shard 0 … 255, which the low bits of a swarm's hash name. */
  enter(shard: number): void {
    this.#shard = Control.shards + (shard % SHARDS) * SHARD_WORDS;
    acquire(this.words, this.#shard + Shard.lock);
    this.#index.open(this.#shard);
  }

  leave(): void {
    release(this.words, this.#shard + Shard.lock);
  }

  /** First word of the record with this info hash, or 0. */
  find(hash: number, infoHash: Int32Array): number {
    return this.#index.find(hash, infoHash);
  }

  /** A new record, looked at again after `delay` ticks; 0 when there is no memory for it. */
  create(hash: number, infoHash: Int32Array, now: Tick, delay: Tick): number {
    const record = this.#arena.allocate(RECORD_ORDER) * WORDS;
    if (record === 0) return 0;
    this.words.fill(0, record, record + RECORD_WORDS);
    for (let i = 0; i < 5; i++) this.words[record + Field.infoHash + i] = infoHash[i] as number;
    if (!this.#index.insert(hash, record)) {
      this.#arena.free(record / WORDS, RECORD_ORDER);
      return 0;
    }
    this.#wheel.schedule(this.#shard, record, now, delay);
    Atomics.add(this.words, Control.swarms, 1);
    return record;
  }

  /** Points both lists of peers at a record. */
  open(record: number): void {
    this.peers4.open(record);
    this.peers6.open(record);
  }

  /**
   * Makes a record another name of the swarm `target` (five words), or, with null, a swarm of its own. Either way it has
   * neither peers nor stored downloads then, unless it was a swarm and stays one.
   */
  setTarget(record: number, target: Int32Array | null): void {
    if (!this.hasFlag(record, Flag.alias)) {
      if (target === null) return;
      this.open(record);
      this.peers4.clear();
      this.peers6.clear();
    }
    this.words.fill(0, record + Field.peers4, record + Field.pending);
    if (target !== null) this.words.set(target, record + Field.peers4);
    this.setFlags(record, target === null ? 0 : Flag.alias, Flag.alias);
  }

  /** Copies what an alias leads to, five words. */
  copyTarget(alias: number, into: Int32Array): void {
    for (let i = 0; i < 5; i++) into[i] = this.words[alias + Field.peers4 + i] as number;
  }

  /** One more finished download: told to others when it is stored. */
  countCompleted(record: number): void {
    (this.words[record + Field.pending] as number) += 1;
    if (this.hasFlag(record, Flag.dirty)) return;
    this.setFlags(record, Flag.dirty, 0);
    this.words[record + Field.dirtyNext] = this.words[this.#shard + Shard.dirty] as number;
    this.words[this.#shard + Shard.dirty] = record;
  }

  /** Takes one record out of those with finished downloads to store; 0 when there is none. */
  takeDirty(): number {
    const record = this.words[this.#shard + Shard.dirty] as number;
    if (record === 0) return 0;
    this.words[this.#shard + Shard.dirty] = this.words[record + Field.dirtyNext] as number;
    this.setFlags(record, 0, Flag.dirty);
    return record;
  }

  hasFlag(record: number, flag: number): boolean {
    return ((this.words[record + Field.flags] as number) & flag) !== 0;
  }

  setFlags(record: number, set: number, cleared: number): void {
    const flags = this.words[record + Field.flags] as number;
    this.words[record + Field.flags] = (flags & ~cleared) | set;
  }

  /** First words of all records of the shard. */
  records(): number[] {
    return this.#index.records();
  }

  /** Then swarms without peers go although they have stored numbers: somebody may make them up without end. */
  get #isNearlyFull(): boolean {
    return Atomics.load(this.words, Control.usedUnits) > this.#units * NEARLY_FULL;
  }

  /**
   * Looks at one swarm of the shard whose turn has come: removes peers that were silent for more than `lifetime`, and
   * the swarm when nothing of it is left. False when there is none to look at.
   */
  sweepOne(now: Tick, lifetime: Tick): boolean {
    const record = this.#wheel.takeDue(this.#shard, now);
    if (record === 0) return false;
    if (this.hasFlag(record, Flag.alias)) {
      this.#wheel.schedule(this.#shard, record, now, lifetime);
      return true;
    }
    this.open(record);
    const before = this.peers4.count;
    const longest = Math.max(this.peers4.expire(now, lifetime), this.peers6.expire(now, lifetime));
    const gone = before - this.peers4.count;
    if (this.hasFlag(record, Flag.web)) Atomics.sub(this.words, Control.webPeers, gone);
    if (this.hasFlag(record, Flag.member)) Atomics.sub(this.words, Control.sessions, gone);
    const hasNumbers = this.words[record + Field.completed] !== 0 && !this.#isNearlyFull;
    const isLasting = this.hasFlag(record, LASTING) || hasNumbers;
    if (this.peers4.count + this.peers6.count > 0 || isLasting) {
      this.#wheel.schedule(this.#shard, record, now, lifetime - longest);
    } else {
      this.#index.remove(hashInfoHash(this.words, record + Field.infoHash, this.#seed), record);
      this.#arena.free(record / WORDS, RECORD_ORDER);
      Atomics.sub(this.words, Control.swarms, 1);
      if (this.hasFlag(record, Flag.member)) Atomics.sub(this.words, Control.members, 1);
    }
    return true;
  }
}
