/**
 * What the operator and the durable store say of swarms: registered, refused, another name of one, the finished
 * downloads, and who is to be in none. A count is told to anybody only after it was stored, so that it never goes backwards, whatever happens.
 */
import type { AddressRanges } from '../../base/address-ranges.ts';
import { systemRandom } from '../../base/random.ts';
import { type Tick, wordsOf } from '../swarm-store.ts';
import type { PeerList } from './peer-list.ts';
import { MOST_HOPS, SwarmShards } from './swarm-shards.ts';
import { Field, Flag, setHiddenKey } from './swarm-record.ts';
import { Control, SHARDS, type TableMemory } from './table-memory.ts';

/** Facts of one torrent that outlive its swarm. */
export interface TorrentFacts {
  readonly isRegistered: boolean;
  /** Refused to everybody. */
  readonly isDenied: boolean;
  /** Info hash (20 bytes) of the swarm for which this is another name; null for a swarm of its own. */
  readonly aliasOf: Uint8Array | null;
}

export interface FinishedDownloads {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly count: number;
}

/** Ticks after which a record without peers is looked at. */
const SOON: Tick = 16;

export class SwarmRegistry {
  readonly #shards: SwarmShards;
  readonly #bytes: Uint8Array;

  constructor(memory: TableMemory) {
    this.#shards = new SwarmShards(memory, systemRandom);
    this.#bytes = memory.bytes;
  }

  /**
   * Sets the facts of a torrent; false when the table has no room for it.
   *
   * The peers of a name that becomes an alias are gone: who has been told of them still knows them, and they come to the
   * joint swarm when they announce again, within an interval. The joint swarm has at least as many finished downloads as
   * each of its names had, and the sum when the database has told it (`raiseCompleted`): it is added up there and nowhere
   * else, so that it is added once. They stay with that swarm when the name becomes one of its own again.
   */
  set(infoHash: Uint8Array, facts: TorrentFacts, now: Tick): boolean {
    if (facts.aliasOf !== null) this.#leaveFor(facts.aliasOf, wordsOf(infoHash), now);
    return this.#at(wordsOf(infoHash), now, (record) => {
      this.#shards.setTarget(record, facts.aliasOf === null ? null : wordsOf(facts.aliasOf));
      const set = (facts.isRegistered ? Flag.registered : 0) | (facts.isDenied ? Flag.denied : 0);
      this.#shards.setFlags(record, set, Flag.registered | Flag.denied);
    });
  }

  /** At least so many downloads are stored as finished: the number never becomes less. */
  raiseCompleted(infoHash: Uint8Array, count: number, now: Tick): boolean {
    return this.#at(wordsOf(infoHash), now, (record) => {
      const { words } = this.#shards;
      words[record + Field.completed] = Math.max(
        words[record + Field.completed] as number,
        Math.min(count, 0x7fffffff),
      );
    });
  }

  /** Takes the finished downloads that are not stored yet. They are told to others after `settle`. */
  takeFinished(): FinishedDownloads[] {
    const finished: FinishedDownloads[] = [];
    const { words } = this.#shards;
    for (let shard = 0; shard < SHARDS; shard++) {
      this.#shards.enter(shard);
      for (let record = this.#shards.takeDirty(); record !== 0; record = this.#shards.takeDirty()) {
        const key = words.slice(record + Field.infoHash, record + Field.infoHash + 5);
        if (this.#shards.hasFlag(record, Flag.web)) setHiddenKey(key, key, words, Control.webSecret);
        finished.push({ infoHash: new Uint8Array(key.buffer), count: words[record + Field.pending] as number });
        words[record + Field.pending] = 0;
      }
      this.#shards.leave();
    }
    return finished;
  }

  /** What was taken is stored: for an alias, with the downloads of the swarm that it leads to. */
  settle(finished: readonly FinishedDownloads[], now: Tick): void {
    for (const { infoHash, count } of finished) {
      const swarm = wordsOf(infoHash);
      for (let hops = 0; hops < MOST_HOPS && this.#follow(swarm); hops++);
      this.#at(swarm, now, (record) => {
        (this.#shards.words[record + Field.completed] as number) += count;
      });
    }
  }

  /** Removes the peers of one shard of 256 whose addresses are in `ranges`: they announced before they were banned. */
  expel(shard: number, ranges: Pick<AddressRanges, 'has'>): void {
    const { peers4, peers6 } = this.#shards;
    this.#shards.enter(shard);
    try {
      for (const record of this.#shards.records()) {
        if (this.#shards.hasFlag(record, Flag.alias | Flag.web | Flag.member)) continue;
        this.#shards.open(record);
        this.#expel(peers4, 4, ranges);
        this.#expel(peers6, 16, ranges);
      }
    } finally {
      this.#shards.leave();
    }
  }

  #expel(peers: PeerList, length: 4 | 16, ranges: Pick<AddressRanges, 'has'>): void {
    for (let i = peers.count - 1; i >= 0; i--) {
      const at = peers.addressAt(i);
      if (ranges.has(this.#bytes.subarray(at, at + length), length)) peers.remove(i);
    }
  }

  /** A swarm is about to become another name of `target`; nothing is to be done when it is one already. */
  #leaveFor(target: Uint8Array, swarm: Int32Array, now: Tick): void {
    let completed = 0;
    this.#find(swarm, (record) => {
      if (!this.#shards.hasFlag(record, Flag.alias)) completed = this.#shards.words[record + Field.completed] as number;
    });
    // Before the name leads there: who asks by it is never told less.
    if (completed > 0) this.raiseCompleted(target, completed, now);
    const { words, peers4 } = this.#shards;
    const web = new Int32Array(5);
    setHiddenKey(web, swarm, words, Control.webSecret);
    this.#find(web, (record) => {
      this.#shards.open(record);
      Atomics.sub(words, Control.webPeers, peers4.count);
      peers4.clear();
    });
  }

  /** Puts what an alias leads to in place of its name; false when it is none. */
  #follow(name: Int32Array): boolean {
    let isAlias = false;
    this.#find(name, (record) => {
      isAlias = this.#shards.hasFlag(record, Flag.alias);
      if (isAlias) this.#shards.copyTarget(record, name);
    });
    return isAlias;
  }

  /** Works on the record of a torrent, a new one if need be; false when there is no room for it. */
  #at(infoHash: Int32Array, now: Tick, change: (record: number) => void): boolean {
    return this.#find(infoHash, change, (hash) => this.#shards.create(hash, infoHash, now, SOON));
  }

  /** Works on a record under its lock; false when there is none. */
  #find(name: Int32Array, work: (record: number) => void, create: (hash: number) => number = () => 0): boolean {
    const hash = this.#shards.hashOf(name);
    this.#shards.enter(hash);
    try {
      const record = this.#shards.find(hash, name) || create(hash);
      if (record !== 0) work(record);
      return record !== 0;
    } finally {
      this.#shards.leave();
    }
  }
}
