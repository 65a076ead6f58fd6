/**
 * Accounts of a private tracker, in the memory of the swarms, so that all threads see the same ones. An account is a
 * record like that of a swarm; its peers are its sessions: one for each torrent and peer id that it announces, which
 * end when they are silent, as peers do. In place of an address a session has a hash of torrent and peer id, because a
 * client announces over IPv4 and IPv6 with the same numbers; in place of a peer id it has the numbers of bytes that its
 * client told last. A passkey is another name of its account. Sessions outlive a restart in the snapshot of the swarms
 * (swarm-snapshot.ts), and the key of their hashes with them.
 */
import { systemRandom } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import type { AnnounceCall, MemberClaim, Outcome, Tick } from '../swarm-store.ts';
import { hashInfoHash } from './hashing.ts';
import { NO_LIMIT } from './peer-list.ts';
import { Field, Flag, setHiddenKey } from './swarm-record.ts';
import { SwarmShards } from './swarm-shards.ts';
import { Control, type TableMemory } from './table-memory.ts';

/** What the clients of an account have transferred since this was last asked for. */
export interface AccountTraffic {
  readonly accountId: number;
  readonly uploaded: ByteCount;
  readonly downloaded: ByteCount;
}

/** Word of an account's record: most sessions, or −1. Accounts have no finished downloads. */
export const MOST_SESSIONS: number = Field.completed;

/** Plain name of an account. */
export const accountName = (id: number): Int32Array => Int32Array.of(id, 0, 0, 0, 0);

export class AccountTable {
  readonly #memory: TableMemory;
  readonly #shards: SwarmShards;
  readonly #key = new Int32Array(5);
  readonly #account = new Int32Array(5);
  readonly #session = new Uint16Array(3);
  readonly #totals = new Int32Array(5);
  readonly #traffic = new Map<number, { uploaded: ByteCount; downloaded: ByteCount }>();

  constructor(memory: TableMemory) {
    this.#memory = memory;
    this.#shards = new SwarmShards(memory, systemRandom);
  }

  /** Whether a passkey is valid. `passkey`: the first five words of its SHA-256. */
  isKnown(passkey: Int32Array): boolean {
    return this.#findAccount(passkey);
  }

  /**
   * Takes an announce to the account of a passkey: `served` when it may go on to the swarm (five words: the plain name
   * of the swarm, by whichever name it was announced). Then its session is there, or for `stopped` not any more.
   */
  enter(passkey: Int32Array, swarm: Int32Array, call: AnnounceCall): Outcome {
    if (!this.#findAccount(passkey)) return 'stranger';
    return this.#withAccount((record) => {
      if (this.#shards.hasFlag(record, Flag.denied)) return 'suspended';
      this.#shards.open(record);
      this.#adopt(swarm, call);
      this.#nameSession(swarm, call);
      return this.#enter(record, call);
    });
  }

  /** The announce was refused by the swarm after all. */
  leave(passkey: Int32Array, swarm: Int32Array, call: AnnounceCall): void {
    if (!this.#findAccount(passkey)) return;
    this.#withAccount((record) => {
      this.#nameSession(swarm, call);
      this.#shards.open(record);
      this.#remove(this.#shards.peers4.find(this.#session));
      return 'served';
    });
  }

  /**
   * Brings a session of before back into its account; whether it is there then. In a call a session is what it is in the
   * table: `infoHash` the name of the account, `address` that of the session, `peerId` the totals.
   */
  restore(call: AnnounceCall): boolean {
    setHiddenKey(this.#account, call.infoHash, this.#memory.words, Control.memberSecret);
    const outcome = this.#withAccount((record) => {
      this.#shards.open(record);
      return this.#shards.peers4.find(call.address) < 0 ? this.#add(call.address, call.peerId, call.now) : 'served';
    });
    return outcome === 'served';
  }

  /** What has been transferred since the last time, by account. */
  takeTraffic(): AccountTraffic[] {
    const traffic = Array.from(this.#traffic, ([accountId, bytes]) => ({ accountId, ...bytes }));
    this.#traffic.clear();
    return traffic;
  }

  /** Reads the hidden name of a passkey's account. */
  #findAccount(passkey: Int32Array): boolean {
    const shards = this.#shards;
    setHiddenKey(this.#key, passkey, this.#memory.words, Control.memberSecret);
    const hash = shards.hashOf(this.#key);
    shards.enter(hash);
    try {
      const record = shards.find(hash, this.#key);
      if (record === 0 || !shards.hasFlag(record, Flag.alias)) return false;
      shards.copyTarget(record, this.#account);
      return true;
    } finally {
      shards.leave();
    }
  }

  #withAccount(work: (record: number) => Outcome): Outcome {
    const shards = this.#shards;
    const hash = shards.hashOf(this.#account);
    shards.enter(hash);
    try {
      const record = shards.find(hash, this.#account);
      return record === 0 || !shards.hasFlag(record, Flag.registered) ? 'stranger' : work(record);
    } finally {
      shards.leave();
    }
  }

  #enter(record: number, call: AnnounceCall): Outcome {
    const { words } = this.#shards;
    const sessions = this.#shards.peers4;
    const at = sessions.find(this.#session);
    if (at >= 0 && call.event !== 'started') this.#countTraffic(record, sessions.idAt(at) / 4, call.member);
    this.#setTotals(call.member);
    if (call.event === 'stopped') this.#remove(at);
    else if (at >= 0) sessions.rename(sessions.touch(at, 'seeding', call.now), this.#totals);
    else {
      const most = words[record + MOST_SESSIONS] as number;
      if (most >= 0 && sessions.count >= most) return 'crowded';
      return this.#add(this.#session, this.#totals, call.now);
    }
    return 'served';
  }

  /** A session from before its torrent became another name of the swarm goes on as one of the swarm. */
  #adopt(swarm: Int32Array, call: AnnounceCall): void {
    if (swarm.every((word, i) => word === call.infoHash[i])) return;
    const { words, peers4: sessions } = this.#shards;
    this.#nameSession(call.infoHash, call);
    const at = sessions.find(this.#session);
    if (at < 0) return;
    const totals = words.slice(sessions.idAt(at) / 4, sessions.idAt(at) / 4 + 5);
    const heardAt = call.now - sessions.ageOf(at, call.now);
    this.#remove(at);
    this.#nameSession(swarm, call);
    if (sessions.find(this.#session) < 0) this.#add(this.#session, totals, heardAt);
  }

  /** In a full memory it may take the place of another one. */
  #add(name: Uint16Array, totals: Int32Array, now: Tick): Outcome {
    const sessions = this.#shards.peers4;
    const before = sessions.count;
    const isIn = sessions.add(name, totals, 'seeding', now, NO_LIMIT) >= 0;
    Atomics.add(this.#shards.words, Control.sessions, sessions.count - before);
    return isIn ? 'served' : 'full';
  }

  #remove(session: number): void {
    if (session < 0) return;
    this.#shards.peers4.remove(session);
    Atomics.sub(this.#shards.words, Control.sessions, 1);
  }

  /** A total that is less than before is that of a client which began anew: all of it counts. */
  #countTraffic(record: number, totalsAt: number, claim: MemberClaim): void {
    const { words } = this.#shards;
    const total = (at: number): number => (words[at] as number) * 2 ** 32 + ((words[at + 1] as number) >>> 0);
    const since = (now: ByteCount, before: ByteCount): ByteCount => (now < before ? now : now - before);
    const uploaded = since(claim.uploaded, total(totalsAt));
    const downloaded = since(claim.downloaded, total(totalsAt + 2));
    if (uploaded === 0 && downloaded === 0) return;
    const id = (words[record + Field.infoHash] as number) ^ (words[Control.memberSecret] as number);
    const sum = this.#traffic.get(id);
    if (sum === undefined) this.#traffic.set(id, { uploaded, downloaded });
    else {
      sum.uploaded = Math.min(sum.uploaded + uploaded, Number.MAX_SAFE_INTEGER);
      sum.downloaded = Math.min(sum.downloaded + downloaded, Number.MAX_SAFE_INTEGER);
    }
  }

  #setTotals({ uploaded, downloaded }: MemberClaim): void {
    this.#totals[0] = Math.floor(uploaded / 2 ** 32);
    this.#totals[1] = uploaded | 0;
    this.#totals[2] = Math.floor(downloaded / 2 ** 32);
    this.#totals[3] = downloaded | 0;
  }

  #nameSession(swarm: Int32Array, { peerId }: AnnounceCall): void {
    const key = (word: number): number => this.#memory.words[Control.sessionKey + word] as number;
    const first = hashInfoHash(peerId, 0, hashInfoHash(swarm, 0, key(0)));
    this.#session[0] = first;
    this.#session[1] = first >>> 16;
    this.#session[2] = hashInfoHash(peerId, 0, hashInfoHash(swarm, 0, key(1)));
  }
}
