/**
 * All swarms of a tracker in one piece of shared memory. Each thread has its own SwarmTable over the same memory; a
 * swarm is used under the lock of its shard, for about a microsecond.
 *
 * When the memory is full: a newcomer takes the place of a peer of its swarm that was silent for long; a swarm that
 * was not there before is refused (`full`), until expiry makes room. Registered torrents are never thrown out; those
 * that only have a number of finished downloads go, when they have no peers, before the memory is full.
 */
import { readU16 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import {
  type AnnounceCall,
  type Outcome,
  type PeerRole,
  type SwarmCounts,
  type SwarmStore,
  type Tick,
  TICK_SECONDS,
} from '../swarm-store.ts';
import { hashShorts } from './hashing.ts';
import { NO_LIMIT, type PeerList } from './peer-list.ts';
import { Field, Flag, setHiddenKey } from './swarm-record.ts';
import { MOST_HOPS, SwarmShards } from './swarm-shards.ts';
import { Control, SHARDS, type TableMemory, UNIT } from './table-memory.ts';

export interface SwarmTableOptions {
  /** Serve only torrents that are registered. */
  readonly requiresRegistration: boolean;
  /** Silence after which a peer is gone, ticks. */
  readonly lifetime: Tick;
  /** Most peers of one address, or of one IPv6 network of 64 bits. */
  readonly peersPerAddress: number;
}

/** What a table holds, for metrics. */
export interface TableUse {
  readonly swarms: number;
  readonly webPeers: number;
  readonly peers4: number;
  readonly peers6: number;
  /** Peers of accounts, of a private tracker. */
  readonly sessions: number;
  /** Bytes given out, and bytes that there are. */
  readonly used: number;
  readonly capacity: number;
}

/** A peer as its operator sees it. */
export interface PeerEntry {
  /** 4 or 16 bytes. */
  readonly host: Uint8Array;
  readonly port: number;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  readonly role: PeerRole;
  /** Seconds since it was last heard of. */
  readonly silence: number;
}

export class SwarmTable implements SwarmStore {
  /** May be changed at any time. */
  options: SwarmTableOptions;
  readonly #memory: TableMemory;
  readonly #shards: SwarmShards;
  readonly #target = new Int32Array(5);
  #targetCompleted = 0;
  readonly #webKey = new Int32Array(5);
  readonly #counts: SwarmCounts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };

  /** `random` chooses the peers of an answer. */
  constructor(memory: TableMemory, options: SwarmTableOptions, random: Pick<Random, 'below'>) {
    this.options = options;
    this.#memory = memory;
    this.#shards = new SwarmShards(memory, random);
  }

  announce(call: AnnounceCall): undefined {
    begin(call);
    call.outcome = this.#announceTo(call.infoHash, call);
    this.addWeb(call);
  }

  #announceTo(infoHash: Int32Array, call: AnnounceCall, hops = 0): Outcome {
    const shards = this.#shards;
    const hash = shards.hashOf(infoHash);
    shards.enter(hash);
    try {
      let record = shards.find(hash, infoHash);
      if (record === 0) {
        if (this.options.requiresRegistration) return 'unknown';
        if (call.event === 'stopped' || !this.#hasRoomFor(call)) return 'served';
        record = shards.create(hash, infoHash, call.now, this.options.lifetime);
        if (record === 0) return 'full';
      }
      if (!shards.hasFlag(record, Flag.alias)) {
        const outcome = this.#admit(record);
        if (outcome === 'served') this.#serve(record, call, this.options.peersPerAddress);
        return outcome;
      }
      if (shards.hasFlag(record, Flag.denied)) return 'denied';
      if (hops === MOST_HOPS) return 'unknown';
      shards.copyTarget(record, this.#target);
    } finally {
      shards.leave();
    }
    return this.#announceTo(this.#target, call, hops + 1);
  }

  /** An address that has as many peers as it may makes no swarms either. */
  #hasRoomFor({ family, address }: AnnounceCall): boolean {
    const { peers4, peers6 } = this.#shards;
    return (family === 4 ? peers4 : peers6).hasRoomFor(address, this.options.peersPerAddress);
  }

  /**
   * An announce over a WebSocket: such peers find each other only, but all counts are told together. Their addresses,
   * of 6 bytes as in IPv4, say which connection they are on.
   */
  announceWeb(call: AnnounceCall): void {
    begin(call);
    call.outcome = this.resolve(call.infoHash);
    if (call.outcome !== 'served') return;
    const counts = this.#counts;
    this.#scrape(this.#target, counts);
    this.#nameWeb();
    call.outcome = this.#announceToWeb(call);
    call.complete += counts.complete;
    call.incomplete += counts.incomplete;
    call.completed = counts.completed;
  }

  #announceToWeb(call: AnnounceCall): Outcome {
    const shards = this.#shards;
    const hash = shards.hashOf(this.#webKey);
    shards.enter(hash);
    try {
      let record = shards.find(hash, this.#webKey);
      if (record === 0) {
        if (call.event === 'stopped') return 'served';
        record = shards.create(hash, this.#webKey, call.now, this.options.lifetime);
        if (record === 0) return 'full';
        shards.setFlags(record, Flag.web, 0);
      }
      shards.open(record);
      const before = shards.peers4.count;
      this.#serve(record, call, NO_LIMIT);
      Atomics.add(shards.words, Control.webPeers, shards.peers4.count - before);
      return 'served';
    } finally {
      shards.leave();
    }
  }

  /** Whether a torrent is served at all; `resolved` is then the info hash of its swarm. */
  resolve(infoHash: Int32Array): Outcome {
    return this.#resolve(infoHash, 0);
  }

  #resolve(infoHash: Int32Array, hops: number): Outcome {
    const shards = this.#shards;
    const hash = shards.hashOf(infoHash);
    shards.enter(hash);
    try {
      const record = shards.find(hash, infoHash);
      if (infoHash !== this.#target) this.#target.set(infoHash);
      this.#targetCompleted = record === 0 ? 0 : (shards.words[record + Field.completed] as number);
      if (record === 0) return this.options.requiresRegistration ? 'unknown' : 'served';
      if (!shards.hasFlag(record, Flag.alias)) return this.#admit(record);
      if (shards.hasFlag(record, Flag.denied)) return 'denied';
      if (hops === MOST_HOPS) return 'unknown';
      shards.copyTarget(record, this.#target);
    } finally {
      shards.leave();
    }
    return this.#resolve(this.#target, hops + 1);
  }

  /** Five words, valid until the next call to this table: see `resolve`. */
  get resolved(): Int32Array {
    return this.#target;
  }

  /** Finished downloads of the swarm that was resolved, those that are stored; valid as long. */
  get resolvedCompleted(): number {
    return this.#targetCompleted;
  }

  #admit(record: number): Outcome {
    if (this.#shards.hasFlag(record, Flag.denied)) return 'denied';
    return this.options.requiresRegistration && !this.#shards.hasFlag(record, Flag.registered) ? 'unknown' : 'served';
  }

  #serve(record: number, call: AnnounceCall, peersPerAddress: number): void {
    const shards = this.#shards;
    shards.open(record);
    const own = call.family === 4 ? shards.peers4 : shards.peers6;
    let self = own.find(call.address);
    if (call.event === 'stopped') {
      if (self >= 0) own.remove(self);
    } else if (self < 0) {
      self = own.add(call.address, call.peerId, call.role, call.now, peersPerAddress);
      if (self >= 0 && call.event === 'completed' && call.role === 'seeding') shards.countCompleted(record);
    } else {
      const before = own.roleOf(self);
      self = own.touch(self, call.role, call.now);
      if (call.event === 'started') own.rename(self, call.peerId);
      if (call.event === 'completed' && call.role === 'seeding' && before !== 'seeding') shards.countCompleted(record);
    }
    call.complete = shards.peers4.seeding + shards.peers6.seeding;
    call.incomplete = shards.peers4.count + shards.peers6.count - call.complete;
    call.completed = shards.words[record + Field.completed] as number;
    if (call.event !== 'stopped' && call.want > 0) this.#choose(record, call, self);
  }

  /** Who fetches nothing gets the peers that do; on WebSockets any, because offers are spread (web-front.ts). */
  #choose(record: number, call: AnnounceCall, self: number): void {
    const { peers4, peers6 } = this.#shards;
    const isForDownload = call.role === 'downloading' || this.#shards.hasFlag(record, Flag.web);
    const ids = call.wantsPeerIds ? call.peerIds : null;
    const [own, other] = call.family === 4 ? [peers4, peers6] : [peers6, peers4];
    const [ownSink, otherSink] = call.family === 4 ? [call.peers4, call.peers6] : [call.peers6, call.peers4];
    const found = own.choose(ownSink, ids, call.want, self, isForDownload);
    if (call.isForBothFamilies && found < call.want) {
      other.choose(otherSink, ids, call.want - found, -1, isForDownload);
    }
  }

  scrape(infoHash: Int32Array, counts: SwarmCounts): undefined {
    clear(counts);
    if (this.resolve(infoHash) !== 'served') return;
    this.#scrape(this.#target, counts);
    this.addWebCounts(infoHash, counts);
  }

  /** Counts of one record; zeros when there is none. */
  #scrape(infoHash: Int32Array, counts: SwarmCounts): void {
    const shards = this.#shards;
    const hash = shards.hashOf(infoHash);
    clear(counts);
    shards.enter(hash);
    try {
      const record = shards.find(hash, infoHash);
      if (record === 0 || shards.hasFlag(record, Flag.alias)) return;
      shards.open(record);
      counts.downloaders = shards.peers4.downloading + shards.peers6.downloading;
      counts.complete = shards.peers4.seeding + shards.peers6.seeding;
      counts.incomplete = shards.peers4.count + shards.peers6.count - counts.complete;
      counts.completed = shards.words[record + Field.completed] as number;
    } finally {
      shards.leave();
    }
  }

  /** Up to `most` peers of a swarm, for its operator; those on WebSockets are not among them. */
  peersOf(infoHash: Int32Array, most: number, now: Tick): PeerEntry[] {
    const found: PeerEntry[] = [];
    if (this.resolve(infoHash) === 'denied') return found;
    const shards = this.#shards;
    const hash = shards.hashOf(this.#target);
    shards.enter(hash);
    try {
      const record = shards.find(hash, this.#target);
      if (record === 0) return found;
      shards.open(record);
      for (const peers of [shards.peers4, shards.peers6]) {
        for (let i = 0; i < peers.count && found.length < most; i++) found.push(this.#entryOf(peers, i, now));
      }
      return found;
    } finally {
      shards.leave();
    }
  }

  #entryOf(peers: PeerList, position: number, now: Tick): PeerEntry {
    const { bytes } = this.#memory;
    const [address, id] = [peers.addressAt(position), peers.idAt(position)];
    const length = peers === this.#shards.peers4 ? 4 : 16;
    return {
      host: bytes.slice(address, address + length),
      port: readU16(bytes, address + length),
      peerId: bytes.slice(id, id + 20),
      role: peers.roleOf(position),
      silence: peers.ageOf(position, now) * TICK_SECONDS,
    };
  }

  /** Counts a finished download of a swarm whose peers are in another store; not when the table has no room for it. */
  countFinished(infoHash: Int32Array, now: Tick): void {
    if (this.resolve(infoHash) !== 'served') return;
    const shards = this.#shards;
    const hash = shards.hashOf(this.#target);
    shards.enter(hash);
    try {
      const record = shards.find(hash, this.#target) || shards.create(hash, this.#target, now, this.options.lifetime);
      if (record !== 0) shards.countCompleted(record);
    } finally {
      shards.leave();
    }
  }

  /** Keyed hash of a call's host, or of its IPv6 network of 64 bits. */
  hashHost(call: AnnounceCall): number {
    return hashShorts(call.address, 0, call.family === 4 ? 2 : 4, this.#memory.seed);
  }

  /** Keyed hash of a call's peer in its swarm. */
  hashPeer(call: AnnounceCall): number {
    return hashShorts(call.address, 0, call.family === 4 ? 3 : 9, this.#shards.hashOf(call.infoHash));
  }

  /** Adds the peers on WebSockets to the counts of a swarm, which this or another store gave. */
  addWebCounts(infoHash: Int32Array, counts: SwarmCounts): void {
    const web = this.#webCounts(infoHash);
    if (web === null) return;
    counts.complete += web.complete;
    counts.incomplete += web.incomplete;
    counts.downloaders += web.downloaders;
  }

  /** The same for a call that was served. */
  addWeb(call: AnnounceCall): void {
    const web = call.outcome === 'served' ? this.#webCounts(call.infoHash) : null;
    if (web === null) return;
    call.complete += web.complete;
    call.incomplete += web.incomplete;
  }

  /** Valid until the next call; null when there are no such peers at all. */
  #webCounts(infoHash: Int32Array): SwarmCounts | null {
    if (Atomics.load(this.#memory.words, Control.webPeers) === 0 || this.resolve(infoHash) !== 'served') return null;
    this.#nameWeb();
    this.#scrape(this.#webKey, this.#counts);
    return this.#counts;
  }

  /** The name of the record with the peers on WebSockets of the target. */
  #nameWeb(): void {
    setHiddenKey(this.#webKey, this.#target, this.#memory.words, Control.webSecret);
  }

  /** Removes silent peers and empty swarms whose turn has come; answers with the number of swarms looked at. */
  sweep(now: Tick): number {
    let swept = 0;
    for (let shard = 0; shard < SHARDS; shard++) swept += this.sweepShard(shard, now);
    return swept;
  }

  /** One shard of 256; the lock is given up after each swarm. */
  sweepShard(shard: number, now: Tick): number {
    let swept = 0;
    for (let hasMore = true; hasMore; swept++) {
      this.#shards.enter(shard);
      try {
        hasMore = this.#shards.sweepOne(now, this.options.lifetime);
      } finally {
        this.#shards.leave();
      }
    }
    return swept - 1;
  }

  get use(): TableUse {
    const { words, units } = this.#memory;
    const count = (at: number): number => Atomics.load(words, at);
    return {
      swarms: count(Control.swarms) - count(Control.members),
      webPeers: count(Control.webPeers),
      peers4: count(Control.peers4) - count(Control.webPeers) - count(Control.sessions),
      peers6: count(Control.peers6),
      sessions: count(Control.sessions),
      used: count(Control.usedUnits) * UNIT,
      capacity: units * UNIT,
    };
  }
}

function begin(call: AnnounceCall): void {
  call.peers4.at = 0;
  call.peers6.at = 0;
  call.peerIds.at = 0;
  call.complete = 0;
  call.incomplete = 0;
  call.completed = 0;
}

function clear(counts: SwarmCounts): void {
  counts.complete = 0;
  counts.incomplete = 0;
  counts.downloaders = 0;
  counts.completed = 0;
}
