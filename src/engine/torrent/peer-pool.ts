/**
 * The peers of one torrent: addresses that we may dial (`KnownPeer`), dials under way, and connected sessions. It
 * decides whom to dial next and who is banned; it opens no connection itself.
 */
import { addressKey, type PeerAddress } from '../../base/address.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { Millis } from '../../base/units.ts';
import type { HostFilter } from '../../net/ip-filter/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';

/** Where an address comes from: the name of a discovery such as `tracker`; `user`; `incoming`: the peer has dialled us. */
export type PeerSource = string;

interface KnownPeer {
  readonly address: PeerAddress;
  readonly source: PeerSource;
  failures: number;
  /** Not before this. */
  nextTry: Millis;
  /** The user has named it. */
  isNamed: boolean;
  /** It has everything: of no use to a seed. */
  isSeed: boolean;
  /** Dials that the remote ended before its handshake: it may know a hybrid torrent by its other name only. */
  refusals: number;
  /** It was seen to take secure connections: it is not dialed over weaker ones. */
  takesSecure: boolean;
}

/** Addresses remembered for one torrent. */
const MOST_KNOWN = 4000;
/** Closed sessions whose hosts are remembered: what they sent may prove bad later. */
const MOST_PAST = 1000;
/** An address that failed so often in a row is forgotten, unless the user has named it: nobody else would name it again. */
const MOST_FAILURES = 6;
const FIRST_RETRY: Millis = 15_000;
const LONGEST_RETRY: Millis = 15 * 60_000;

export class PeerPool {
  readonly #known = new Map<string, KnownPeer>();
  readonly #dialing = new Set<string>();
  readonly #connected = new Map<number, PeerSession>();
  readonly #connectedAddresses = new Set<string>();
  readonly #bannedHosts = new Set<string>();
  /** Id of a closed session → its host, the oldest first. */
  readonly #past = new Map<number, string>();
  /** Addresses that have turned out to be our own. */
  readonly #own = new Set<string>();
  readonly #filter: HostFilter;
  readonly #mayDial: (host: string) => boolean;

  /** `filter`: hosts that are kept out; `mayDial`: whether an address that somebody names is worth remembering. */
  constructor(filter: HostFilter, mayDial: (host: string) => boolean = () => true) {
    this.#filter = filter;
    this.#mayDial = mayDial;
  }

  /** Connected peers. */
  get sessions(): Iterable<PeerSession> {
    return this.#connected.values();
  }

  get connectedCount(): number {
    return this.#connected.size;
  }

  /** Connected and dialing. */
  get busyCount(): number {
    return this.#connected.size + this.#dialing.size;
  }

  get knownCount(): number {
    return this.#known.size;
  }

  session(id: number): PeerSession | undefined {
    return this.#connected.get(id);
  }

  withPeerId(peerId: Uint8Array): PeerSession | undefined {
    for (const peer of this.#connected.values()) if (equalBytes(peer.handshake.peerId, peerId)) return peer;
    return undefined;
  }

  /** Where a session is or was connected to, as far back as that is remembered. */
  hostOf(id: number): string | undefined {
    return this.#connected.get(id)?.connection.remote.host ?? this.#past.get(id);
  }

  isBanned(host: string): boolean {
    return this.#bannedHosts.has(host);
  }

  /** Remembers addresses; returns how many are to be dialled now for it. One that the user names again is tried at once. */
  learn(addresses: readonly PeerAddress[], source: PeerSource, now: Millis): number {
    let added = 0;
    let isFull = false;
    for (const address of addresses) {
      const key = addressKey(address);
      const isNamed = source === 'user';
      const known = this.#known.get(key);
      if (known !== undefined) {
        if (!isNamed) continue;
        Object.assign(known, { isNamed, failures: 0, nextTry: now });
        added++;
        continue;
      }
      if (isFull || this.#own.has(key) || this.#isRefused(address.host) || !this.#mayDial(address.host)) continue;
      isFull = !this.#hasRoom();
      if (isFull) continue;
      const state = { isNamed, failures: 0, nextTry: now, isSeed: false, refusals: 0, takesSecure: false };
      this.#known.set(key, { address, source, ...state });
      added++;
    }
    return added;
  }

  /** The next address worth dialing, marked as being dialed; null when there is none now. */
  nextToDial(now: Millis, weAreSeed: boolean): PeerAddress | null {
    for (const [key, peer] of this.#known) {
      if (peer.nextTry > now || !this.#isOfUse(key, peer, weAreSeed)) continue;
      this.#dialing.add(key);
      // To the end of the line: the next call looks at others first.
      this.#known.delete(key);
      this.#known.set(key, peer);
      return peer.address;
    }
    return null;
  }

  /** When an address is next worth dialing; Infinity: none will be. */
  nextDialAt(weAreSeed: boolean): Millis {
    let at = Number.POSITIVE_INFINITY;
    for (const [key, peer] of this.#known) {
      if (peer.nextTry < at && this.#isOfUse(key, peer, weAreSeed)) at = peer.nextTry;
    }
    return at;
  }

  /** Where a connected peer's address comes from. */
  sourceOf(peer: PeerSession): PeerSource {
    return (peer.connection.isIncoming ? undefined : this.#known.get(peer.address)?.source) ?? 'incoming';
  }

  /** How often the remote has ended a dial before its handshake. */
  refusalsOf(address: PeerAddress): number {
    return this.#known.get(addressKey(address))?.refusals ?? 0;
  }

  /** Whether the remote was seen to take secure connections. */
  takesSecure(address: PeerAddress): boolean {
    return this.#known.get(addressKey(address))?.takesSecure ?? false;
  }

  /** A peer that we dialed takes secure connections. */
  foundSecure(peer: PeerSession): void {
    const known = this.#known.get(peer.address);
    if (known !== undefined) known.takesSecure = true;
  }

  /** A dial ended without a session; `isRefused`: the remote took the connection, but not our handshake. */
  dialFailed(address: PeerAddress, now: Millis, isRefused: boolean): void {
    const key = addressKey(address);
    this.#dialing.delete(key);
    const known = this.#known.get(key);
    if (isRefused && known !== undefined) known.refusals++;
    this.#retryLater(key, now);
  }

  /** The address is our own: it is never dialed again. */
  exclude(address: PeerAddress): void {
    const key = addressKey(address);
    this.#own.add(key);
    this.#known.delete(key);
  }

  connected(peer: PeerSession): void {
    this.#dialing.delete(peer.address);
    this.#connected.set(peer.id, peer);
    this.#connectedAddresses.add(peer.address);
    const known = this.#known.get(peer.address);
    if (known !== undefined) known.failures = 0;
  }

  disconnected(peer: PeerSession, now: Millis): void {
    this.#connected.delete(peer.id);
    this.#past.set(peer.id, peer.connection.remote.host);
    const [oldest] = this.#past.keys();
    if (this.#past.size > MOST_PAST && oldest !== undefined) this.#past.delete(oldest);
    this.#connectedAddresses.delete(peer.address);
    const known = this.#known.get(peer.address);
    if (known !== undefined) known.isSeed = peer.isSeed;
    this.#retryLater(peer.address, now);
  }

  /** No connection to or from this host any more. */
  ban(host: string): void {
    this.#bannedHosts.add(host);
    this.#drop((other) => other === host, 'banned: sent bad data');
  }

  /** Others are kept out than before. */
  dropKeptOut(): void {
    this.#drop((host) => this.#filter.has(host), 'its address is kept out');
  }

  /** Something is missing again: seeds whose connection has ended, as it does between two seeds, are dialled at once. */
  wantsSeeds(): void {
    for (const known of this.#known.values()) if (known.isSeed && known.failures === 1) known.nextTry = 0;
  }

  /** The torrent rests. When it goes on, all of them may be dialled at once. */
  closeAll(reason: string): void {
    for (const peer of [...this.#connected.values()]) {
      peer.close(reason);
      const known = this.#known.get(peer.address);
      if (known !== undefined) Object.assign(known, { failures: 0, nextTry: 0 });
    }
  }

  #isOfUse(key: string, { isSeed }: KnownPeer, weAreSeed: boolean): boolean {
    return !(weAreSeed && isSeed) && !this.#dialing.has(key) && !this.#connectedAddresses.has(key);
  }

  /** Room for one more address: when there is none, one that was tried before gives way to it. */
  #hasRoom(): boolean {
    if (this.#known.size < MOST_KNOWN) return true;
    for (const [key, { failures }] of this.#known) {
      if (failures > 0 && !this.#dialing.has(key)) return this.#known.delete(key);
    }
    return false;
  }

  #isRefused(host: string): boolean {
    return this.#bannedHosts.has(host) || this.#filter.has(host);
  }

  #drop(isMeant: (host: string) => boolean, reason: string): void {
    for (const [key, { address }] of this.#known) if (isMeant(address.host)) this.#known.delete(key);
    for (const peer of [...this.#connected.values()]) if (isMeant(peer.connection.remote.host)) peer.close(reason);
  }

  #retryLater(key: string, now: Millis): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    known.failures++;
    known.nextTry = now + Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (known.failures - 1));
    if (known.failures >= MOST_FAILURES && !known.isNamed) this.#known.delete(key);
  }
}
