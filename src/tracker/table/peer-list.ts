/**
 * The peers of one family in one swarm, in one block of the arena: their addresses, then the times they were last
 * heard of, then their ids, and for more than a few an index over the addresses. First come those that download,
 * then the others (seeders, and paused ones, BEP 21), so that peers for a seeder are a prefix. An answer reads
 * nothing but addresses that lie side by side.
 *
 * One object serves any swarm: `open` points it at a record. It is used under the lock of the swarm's shard.
 */
import type { Random } from '../../base/random.ts';
import type { PeerFamily, PeerRole, ByteSink, Tick } from '../swarm-store.ts';
import type { AddressQuota } from './address-quota.ts';
import type { Arena } from './arena.ts';
import { BlockIndex } from './block-index.ts';
import { type BlockShape, blockShapes, EMPTY_SHAPE, INLINE_SHAPE } from './block-shape.ts';
import { hashShorts } from './hashing.ts';
import { Field, Flag, INLINE_AT, PeerField } from './swarm-record.ts';
import { Control, ORDERS, type TableMemory, UNIT } from './table-memory.ts';

/** A stamp is a tick modulo 36 hours; its 16th bit says that the peer is paused. */
const PAUSED = 0x8000;
const TICK_MASK = 0x7fff;
/** An age above this is a stamp of the future. */
const AHEAD = TICK_MASK - 64;

/** For peers of which an address may have any number; they are not counted. */
export const NO_LIMIT: number = Number.POSITIVE_INFINITY;
/** Records whose peers are none of an address: their addresses are names that mean something else. */
const UNCOUNTED = Flag.web | Flag.member;

/** So many are drawn when the table is full; the longest silent of them makes room. */
const CANDIDATES = 8;
/** A block is given up for a smaller one when at most this part of it is used. */
const SPARSE = 1 / 4;

/** Primes. Steps of a prime that does not divide the length of a list visit each of its places once. */
const PRIMES = [
  100_003, 104_729, 131_071, 174_763, 224_737, 262_139, 299_993, 350_377, 393_241, 514_229, 611_953, 746_773, 786_433,
  882_377, 999_983, 1_299_709,
];

export class PeerList {
  readonly #memory: TableMemory;
  readonly #arena: Arena;
  readonly #quota: AddressQuota;
  readonly #family: PeerFamily;
  readonly #random: Pick<Random, 'below'>;
  readonly #index: BlockIndex;
  /** Shorts of an address with its port. */
  readonly #width: number;
  readonly #seed: number;
  /** Word that counts the peers of this family. */
  readonly #counter: number;
  /** First word of the record, and of this family's fields in it. */
  #record = 0;
  #fields = 0;
  /** Its peers count for their addresses. */
  #isCounted = true;
  /** First byte of the block. */
  #at = 0;
  #shape: BlockShape = EMPTY_SHAPE;
  #downloading = 0;
  #count = 0;
  #paused = 0;

  constructor(
    memory: TableMemory,
    arena: Arena,
    quota: AddressQuota,
    family: PeerFamily,
    random: Pick<Random, 'below'>,
  ) {
    this.#memory = memory;
    this.#arena = arena;
    this.#quota = quota;
    this.#family = family;
    this.#random = random;
    this.#width = family === 4 ? 3 : 9;
    this.#index = new BlockIndex(memory, this.#width);
    this.#seed = memory.words[Control.seed] as number;
    this.#counter = family === 4 ? Control.peers4 : Control.peers6;
  }

  get count(): number {
    return this.#count;
  }

  get downloading(): number {
    return this.#downloading;
  }

  get paused(): number {
    return this.#paused;
  }

  get seeding(): number {
    return this.#count - this.#downloading - this.#paused;
  }

  /** Points it at the swarm whose record begins at this word. */
  open(record: number): void {
    const { words } = this.#memory;
    this.#record = record;
    this.#isCounted = ((words[record + Field.flags] as number) & UNCOUNTED) === 0;
    const fields = record + (this.#family === 4 ? Field.peers4 : Field.peers6);
    this.#fields = fields;
    this.#downloading = words[fields + PeerField.downloading] as number;
    this.#count = this.#downloading + (words[fields + PeerField.others] as number);
    this.#paused = words[fields + PeerField.paused] as number;
    const block = words[fields + PeerField.block] as number;
    if (block !== 0) this.#use((block >>> 5) * UNIT, blockShapes[this.#family][block & 31] as BlockShape);
    else if (this.#family === 4) this.#use(4 * record + INLINE_AT, INLINE_SHAPE);
    else this.#use(0, EMPTY_SHAPE);
  }

  #use(at: number, shape: BlockShape): void {
    this.#at = at;
    this.#shape = shape;
    if (shape.slots > 0) this.#index.open(at, shape);
  }

  #save(): void {
    const { words } = this.#memory;
    words[this.#fields + PeerField.downloading] = this.#downloading;
    words[this.#fields + PeerField.others] = this.#count - this.#downloading;
    words[this.#fields + PeerField.paused] = this.#paused;
  }

  /** Position of the peer with this address, or −1. */
  find(address: Uint16Array): number {
    if (this.#shape.slots > 0) return this.#index.find(address);
    const { shorts } = this.#memory;
    const last = this.#width - 1;
    const port = address[last];
    let at = this.#at / 2 + last;
    for (let i = 0; i < this.#count; i++, at += this.#width) {
      if (shorts[at] === port && this.#isHostAt(at - last, address)) return i;
    }
    return -1;
  }

  #isHostAt(at: number, address: Uint16Array): boolean {
    const { shorts } = this.#memory;
    for (let i = this.#width - 2; i >= 0; i--) if (shorts[at + i] !== address[i]) return false;
    return true;
  }

  roleOf(position: number): PeerRole {
    if (position < this.#downloading) return 'downloading';
    return ((this.#memory.shorts[this.#stampAt(position)] as number) & PAUSED) === 0 ? 'seeding' : 'paused';
  }

  /** Notes that a peer was heard of. Answers with its position, which changes with its role. */
  touch(position: number, role: PeerRole, now: Tick): number {
    const before = this.roleOf(position);
    let place = position;
    if (before !== role) {
      if (before === 'downloading') place = this.#leaveDownloading(position);
      else if (role === 'downloading') place = this.#joinDownloading(position);
      this.#paused += (role === 'paused' ? 1 : 0) - (before === 'paused' ? 1 : 0);
      this.#save();
    }
    this.#stamp(place, role, now);
    return place;
  }

  /** The id of a peer that begins anew. */
  rename(position: number, id: Int32Array): void {
    const at = this.idAt(position) / 4;
    for (let i = 0; i < 5; i++) this.#memory.words[at + i] = id[i] as number;
  }

  /** Whether an address may have another peer, in any swarm. */
  hasRoomFor(address: Uint16Array, limit: number): boolean {
    return this.#quota.hasRoom(this.#hashHost(address, 0), limit);
  }

  /**
   * Takes a peer in and answers with its position; −1 when its address has `limit` peers already. In a full table it
   * takes the place of a peer that was silent for long, and −1 says that the swarm has none.
   */
  add(address: Uint16Array, id: Int32Array, role: PeerRole, now: Tick, limit: number): number {
    const host = this.#hashHost(address, 0);
    if (this.#isCounted && !this.#quota.take(host, limit)) return -1;
    if (this.#count === this.#shape.capacity && !this.#grow() && !this.#makeRoom(now)) {
      if (this.#isCounted) this.#quota.giveBack(host);
      return -1;
    }
    let position = this.#count++;
    if (role === 'downloading' && position > this.#downloading) {
      this.#move(this.#downloading, position);
      position = this.#downloading;
    }
    if (role === 'downloading') this.#downloading++;
    if (role === 'paused') this.#paused++;
    const at = this.addressAt(position) / 2;
    for (let i = 0; i < this.#width; i++) this.#memory.shorts[at + i] = address[i] as number;
    if (this.#shape.slots > 0) this.#index.insert(position);
    this.#stamp(position, role, now);
    this.rename(position, id);
    Atomics.add(this.#memory.words, this.#counter, 1);
    this.#save();
    return position;
  }

  remove(position: number): void {
    if (this.#isCounted) this.#quota.giveBack(this.#hashHost(this.#memory.shorts, this.addressAt(position) / 2));
    if (this.roleOf(position) === 'paused') this.#paused--;
    if (this.#shape.slots > 0) this.#index.remove(position);
    let gap = position;
    if (gap < this.#downloading) {
      const last = --this.#downloading;
      if (gap < last) this.#move(last, gap);
      gap = last;
    }
    const last = --this.#count;
    if (gap < last) this.#move(last, gap);
    Atomics.sub(this.#memory.words, this.#counter, 1);
    this.#save();
  }

  /**
   * Writes up to `want` random peers, of all or only of those that download, but not the one at `self` (−1: nobody).
   * Each has the same chance. Their ids go to `ids`. Returns how many.
   */
  choose(sink: ByteSink, ids: ByteSink | null, want: number, self: number, isForDownload: boolean): number {
    const end = isForDownload ? this.#count : this.#downloading;
    const isSelfIn = self >= 0 && self < end;
    const length = isSelfIn ? end - 1 : end;
    const count = Math.min(want, length, Math.floor((sink.bytes.length - sink.at) / (2 * this.#width)));
    if (count <= 0) return 0;
    let place = this.#random.below(length);
    const step = count === length ? 1 : this.#stepFor(length);
    for (let i = 0; i < count; i++) {
      const position = isSelfIn && place >= self ? place + 1 : place;
      this.#write(sink, this.addressAt(position), 2 * this.#width);
      if (ids !== null) this.#write(ids, this.idAt(position), 20);
      place += step;
      if (place >= length) place -= length;
    }
    return count;
  }

  /** A step below `length` that visits every place. */
  #stepFor(length: number): number {
    for (let at = this.#random.below(PRIMES.length); ; at = (at + 1) % PRIMES.length) {
      const prime = PRIMES[at] as number;
      if (length % prime !== 0) return prime % length;
    }
  }

  #write(sink: ByteSink, from: number, length: number): void {
    const { bytes } = this.#memory;
    for (let i = 0; i < length; i++) sink.bytes[sink.at + i] = bytes[from + i] as number;
    sink.at += length;
  }

  /** Removes the peers that were silent for more than `most` ticks; answers with the longest silence of the others. */
  expire(now: Tick, most: number): number {
    let longest = 0;
    for (let i = this.#count - 1; i >= 0; i--) {
      const age = this.ageOf(i, now);
      if (age > most) this.remove(i);
      else if (age > longest) longest = age;
    }
    if (this.#count <= this.#shape.capacity * SPARSE) this.#shrink();
    return longest;
  }

  /** First byte of a peer's address and port, 6 or 18 bytes in network order. */
  addressAt(position: number): number {
    return this.#at + 2 * this.#width * position;
  }

  /** First byte of a peer's id. */
  idAt(position: number): number {
    return this.#at + this.#shape.idsAt + 20 * position;
  }

  /** Ticks since a peer was heard of; another thread may be a little ahead of `now`. */
  ageOf(position: number, now: Tick): number {
    const age = (now - (this.#memory.shorts[this.#stampAt(position)] as number)) & TICK_MASK;
    return age > AHEAD ? 0 : age;
  }

  /** Gives the block back; the swarm ends. */
  clear(): void {
    while (this.#count > 0) this.remove(this.#count - 1);
    this.#moveTo(0, this.#family === 4 ? INLINE_SHAPE : EMPTY_SHAPE);
  }

  #leaveDownloading(position: number): number {
    const last = this.#downloading - 1;
    if (position !== last) this.#swap(position, last);
    this.#downloading = last;
    return last;
  }

  #joinDownloading(position: number): number {
    const first = this.#downloading;
    if (position !== first) this.#swap(position, first);
    this.#downloading = first + 1;
    return first;
  }

  /** Through the place behind the last peer would be simplest, but a full block has none. */
  #swap(a: number, b: number): void {
    const { shorts, words } = this.#memory;
    if (this.#shape.slots > 0) this.#index.swap(a, b);
    const base = this.#at / 2;
    for (let i = 0; i < this.#width; i++) exchange(shorts, base + this.#width * a + i, base + this.#width * b + i);
    exchange(shorts, this.#stampAt(a), this.#stampAt(b));
    const ids = (this.#at + this.#shape.idsAt) / 4;
    for (let i = 0; i < 5; i++) exchange(words, ids + 5 * a + i, ids + 5 * b + i);
  }

  /** Puts the peer at `from` over whatever is at `to`. */
  #move(from: number, to: number): void {
    const { bytes, shorts } = this.#memory;
    if (this.#shape.slots > 0) this.#index.move(from, to);
    const length = 2 * this.#width;
    bytes.copyWithin(this.#at + length * to, this.#at + length * from, this.#at + length * (from + 1));
    shorts[this.#stampAt(to)] = shorts[this.#stampAt(from)] as number;
    const ids = this.#at + this.#shape.idsAt;
    bytes.copyWithin(ids + 20 * to, ids + 20 * from, ids + 20 * (from + 1));
  }

  #stamp(position: number, role: PeerRole, now: Tick): void {
    this.#memory.shorts[this.#stampAt(position)] = (now & TICK_MASK) | (role === 'paused' ? PAUSED : 0);
  }

  #stampAt(position: number): number {
    return this.#at / 2 + this.#shape.stampsAt + position;
  }

  #hashHost(shorts: Uint16Array, at: number): number {
    return hashShorts(shorts, at, this.#family === 4 ? 2 : 4, this.#seed);
  }

  #makeRoom(now: Tick): boolean {
    if (this.#count === 0) return false;
    let silent = this.#random.below(this.#count);
    for (let i = 1; i < CANDIDATES; i++) {
      const other = this.#random.below(this.#count);
      if (this.ageOf(other, now) > this.ageOf(silent, now)) silent = other;
    }
    this.remove(silent);
    return true;
  }

  #grow(): boolean {
    const order = this.#shape.order < 0 ? this.#smallestOrder() : this.#shape.order + 1;
    if (order >= ORDERS) return false;
    return this.#reallocate(order);
  }

  #shrink(): void {
    if (this.#shape.order < 0) return;
    const smallest = this.#smallestOrder();
    let order = this.#shape.order;
    while (order > smallest && this.#count <= this.#capacityOf(order - 1) / 2) order--;
    if (this.#family === 4 ? this.#count <= INLINE_SHAPE.capacity : this.#count === 0) {
      this.#moveTo(0, this.#family === 4 ? INLINE_SHAPE : EMPTY_SHAPE);
    } else if (order < this.#shape.order) this.#reallocate(order);
  }

  #smallestOrder(): number {
    return this.#family === 4 ? 1 : 0;
  }

  #capacityOf(order: number): number {
    return (blockShapes[this.#family][order] as BlockShape).capacity;
  }

  #reallocate(order: number): boolean {
    const unit = this.#arena.allocate(order);
    if (unit === 0) return false;
    this.#moveTo(unit, blockShapes[this.#family][order] as BlockShape);
    return true;
  }

  /** Moves all peers to the block at `unit`, or, at 0, into the record. */
  #moveTo(unit: number, shape: BlockShape): void {
    const { bytes, words } = this.#memory;
    const [from, before] = [this.#at, this.#shape];
    const to = unit === 0 ? 4 * this.#record + INLINE_AT : unit * UNIT;
    const length = 2 * this.#width * this.#count;
    bytes.copyWithin(to, from, from + length);
    bytes.copyWithin(to + 2 * shape.stampsAt, from + 2 * before.stampsAt, from + 2 * (before.stampsAt + this.#count));
    bytes.copyWithin(to + shape.idsAt, from + before.idsAt, from + before.idsAt + 20 * this.#count);
    words[this.#fields + PeerField.block] = unit === 0 ? 0 : unit * 32 + shape.order;
    this.#use(to, shape);
    if (shape.slots > 0) {
      this.#index.clear();
      for (let i = 0; i < this.#count; i++) this.#index.insert(i);
    }
    if (before.order >= 0) this.#arena.free(from / UNIT, before.order);
  }
}

function exchange(array: Uint16Array | Int32Array, a: number, b: number): void {
  const kept = array[a] as number;
  array[a] = array[b] as number;
  array[b] = kept;
}
