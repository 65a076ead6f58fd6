/**
 * The tracker for WebTorrent: a message of a connection in, messages to this and other connections out. Peers on
 * WebSockets cannot be dialled: a peer sends offers of WebRTC sessions with its announce, each goes to another peer of
 * the swarm, and the answers go back along the offers. The swarms are those of UDP and HTTP: all counts are told
 * together.
 *
 * As in bittorrent-tracker, offers go to any peers of the swarm, those of a seeder to seeders too: were they all for
 * the few that download, one downloader among thousands of seeders would drown in offers.
 */
import { toBinary, readU16, readU32, writeU16, writeU32 } from '../../base/bytes.ts';
import type { TrackerFailure } from '../../codec/announce/index.ts';
import { tooOften } from '../address-guard.ts';
import type { AnnounceRules } from '../announce-rules.ts';
import { Count, newCounters } from '../counters.ts';
import { AnnounceCall, type SwarmCounts, type SwarmStore } from '../swarm-store.ts';
import { PendingOffers } from './pending-offers.ts';
import type { WebPeerName, WebRelay } from './relay.ts';
import { type WebClient, WebConnection, type WebOrigin, WebPeer } from './web-connection.ts';
import { readWebMessage, type WebAction, type WebAnnounce, type WebAnswer, type WebScrape } from './web-message.ts';

/** What the front asks of the swarms. Announces are answered at once: peers on WebSockets are in this memory. */
export interface WebSwarms extends Pick<SwarmStore, 'scrape'> {
  announceWeb(call: AnnounceCall): void;
}

export interface WebFrontParts {
  readonly swarms: WebSwarms;
  readonly rules: AnnounceRules;
  /** The present tick. */
  readonly tick: () => number;
  /** Number of this thread, 0 … 65535. */
  readonly thread: number;
  /** Where it counts what it does; see counters.ts. */
  readonly counters?: Float64Array;
  /** Brings a message to the thread that it is for, where `receiveRelay` takes it. */
  readonly relay: (relay: WebRelay) => void;
}

/** Most seconds between two announces: peers find each other only by announcing, and here it costs little. */
const LONGEST_INTERVAL = 120;
/** Bad messages in a row after which a connection is closed. */
export const MOST_FAULTS = 10;
/** Peer ids on one connection. */
export const MOST_IDS = 16;
/** Swarms of one peer. */
export const MOST_SWARMS = 1000;

export class WebFront {
  readonly #parts: WebFrontParts;
  readonly #counters: Float64Array;
  readonly #call = new AnnounceCall();
  readonly #peers = new Map<number, WebPeer>();
  #lastNumber = 0;

  constructor(parts: WebFrontParts) {
    this.#parts = parts;
    this.#counters = parts.counters ?? newCounters();
    this.#call.wantsPeerIds = true;
    writeU16(this.#call.addressBytes, 0, parts.thread);
  }

  /** A new connection. */
  connect(client: WebClient, origin: WebOrigin): WebConnection {
    return new WebConnection(client, origin);
  }

  /** Handles one message. */
  receive(connection: WebConnection, text: string): void {
    if (connection.isClosed) return;
    const request = readWebMessage(text);
    if (request.kind === 'failure') {
      this.#fail(connection, request.reason, request.action, request.infoHash);
      if (++connection.faults >= MOST_FAULTS) connection.client.drop();
      return;
    }
    connection.faults = 0;
    if (request.kind === 'announce') this.#announce(connection, request);
    else if (request.kind === 'answer') this.#answer(connection, request);
    else this.#scrape(connection, request);
  }

  /** A message for a peer of this thread. Nothing is sent when the peer is gone, or has left the swarm. */
  receiveRelay({ to, infoHash, message, offer }: WebRelay): void {
    const peer = this.#peers.get(to.number);
    if (peer === undefined || peer.id !== to.id || !peer.swarms.includes(infoHash)) return;
    if (offer !== null) (peer.offers ??= new PendingOffers()).add(offer.id, offer.from, this.#parts.tick());
    this.#count(Count.webRelays);
    peer.client.send(message);
  }

  /** The connection is closed: its peers leave their swarms. */
  disconnect(connection: WebConnection): void {
    if (connection.isClosed) return;
    connection.isClosed = true;
    for (const peer of connection.peers ?? []) {
      this.#peers.delete(peer.number);
      for (const infoHash of peer.swarms) {
        this.#fill(peer, infoHash, connection);
        this.#call.event = 'stopped';
        this.#parts.swarms.announceWeb(this.#call);
      }
    }
    connection.peers = null;
  }

  #announce(connection: WebConnection, request: WebAnnounce): void {
    const { infoHash, event, left, offers } = request;
    this.#count(Count.webAnnounces);
    const refusal = this.#parts.rules.admit(connection.address);
    if (refusal !== null) {
      this.#refuse(connection, refusal, 'announce', infoHash);
      if (refusal !== tooOften) this.#expel(connection);
      return;
    }
    const peer = this.#peerOf(connection, request.peerId);
    const isIn = peer?.swarms.includes(infoHash) ?? false;
    if (peer === null || (!isIn && event !== 'stopped' && peer.swarms.length >= MOST_SWARMS)) {
      this.#fail(connection, 'too many torrents or peer ids on one connection', 'announce', infoHash);
      return;
    }
    const { swarms, rules } = this.#parts;
    const call = this.#call;
    this.#fill(peer, infoHash, connection);
    call.event = event;
    call.member.uploaded = request.uploaded;
    call.member.downloaded = request.downloaded;
    call.role = left === 0 ? 'seeding' : event === 'paused' ? 'paused' : 'downloading';
    call.want = offers.length;
    swarms.announceWeb(call);
    const failure = rules.refusalOf(call.outcome);
    if (failure !== null) {
      this.#refuse(connection, failure, 'announce', infoHash);
      if (call.outcome === 'stranger' || call.outcome === 'suspended') this.#expel(connection);
      return;
    }
    if (event === 'stopped') remove(peer.swarms, infoHash);
    else if (!isIn) peer.swarms.push(infoHash);
    const relays = this.#offersTo(chosenIn(call), peer, request);
    const { complete, incomplete } = call;
    const interval = Math.min(rules.options.interval, LONGEST_INTERVAL);
    const { warning } = rules.options;
    send(connection.client, {
      action: 'announce',
      info_hash: infoHash,
      complete,
      incomplete,
      interval,
      ...(warning !== '' && { 'warning message': warning }),
    });
    for (const relay of relays) this.#deliver(relay);
  }

  /** Who is not served any more gets no offers of others either. */
  #expel(connection: WebConnection): void {
    this.disconnect(connection);
    connection.client.drop();
  }

  /** One offer for each of the peers, none for who makes them and has an older connection too. */
  #offersTo(peers: readonly WebPeerName[], { id, number }: WebPeer, { infoHash, offers }: WebAnnounce): WebRelay[] {
    const from = { thread: this.#parts.thread, number, id };
    return peers
      .filter((to) => to.id !== id)
      .map((to, i) => {
        const { offer, offerId } = offers[i] as WebAnnounce['offers'][number];
        const message = { action: 'announce', info_hash: infoHash, peer_id: id, offer, offer_id: offerId };
        return { to, infoHash, message: JSON.stringify(message), offer: { id: offerId, from } };
      });
  }

  /** An answer to an offer that is not known came too late, which is nobody's fault. */
  #answer(connection: WebConnection, { infoHash, peerId, toPeerId, offerId, answer }: WebAnswer): void {
    const peer = connection.peers?.find(({ id }) => id === peerId);
    const to = peer?.offers?.take(offerId, toPeerId) ?? null;
    if (to === null) return;
    const message = { action: 'announce', info_hash: infoHash, peer_id: peerId, answer, offer_id: offerId };
    this.#deliver({ to, infoHash, message: JSON.stringify(message), offer: null });
  }

  #deliver(relay: WebRelay): void {
    if (relay.to.thread === this.#parts.thread) this.receiveRelay(relay);
    else this.#parts.relay(relay);
  }

  #scrape(connection: WebConnection, { infoHashes }: WebScrape): void {
    this.#count(Count.webScrapes);
    const refusal = this.#parts.rules.checkScrape(connection.address, connection.passkey);
    if (refusal !== null) {
      this.#refuse(connection, refusal, 'scrape', null);
      return;
    }
    const all = infoHashes.map((): SwarmCounts => ({ complete: 0, incomplete: 0, downloaders: 0, completed: 0 }));
    const pending = infoHashes.flatMap((infoHash, i) => {
      const bytes = new Uint8Array(20);
      writeBinary(bytes, infoHash);
      return this.#parts.swarms.scrape(new Int32Array(bytes.buffer), all[i] as SwarmCounts) ?? [];
    });
    const tell = (): void => {
      const files = Object.fromEntries(
        all.map(({ complete, incomplete, completed }, i) => [
          infoHashes[i] as string,
          { complete, incomplete, downloaded: completed },
        ]),
      );
      const flags = { min_request_interval: this.#parts.rules.options.minInterval };
      send(connection.client, { action: 'scrape', files, flags });
    };
    if (pending.length === 0) tell();
    else void Promise.all(pending).then(tell, () => {});
  }

  /** The peer with this id on a connection, a new one if need be; null when there are too many. */
  #peerOf(connection: WebConnection, id: string): WebPeer | null {
    const peers = (connection.peers ??= []);
    const known = peers.find((peer) => peer.id === id);
    if (known !== undefined) return known;
    if (peers.length >= MOST_IDS) return null;
    const peer = new WebPeer(this.#nextNumber(), id, connection.client);
    peers.push(peer);
    this.#peers.set(peer.number, peer);
    return peer;
  }

  /** Four thousand million numbers come before one is used again: days, at the most connections that can be made. */
  #nextNumber(): number {
    do this.#lastNumber = (this.#lastNumber + 1) >>> 0;
    while (this.#peers.has(this.#lastNumber));
    return this.#lastNumber;
  }

  #refuse(connection: WebConnection, failure: TrackerFailure, action: WebAction, infoHash: string | null): void {
    if (failure === tooOften) this.#count(Count.limited);
    this.#fail(connection, failure.reason, action, infoHash);
  }

  /** Fields that are not known are left out. */
  #fail({ client }: WebConnection, reason: string, action: WebAction | null, infoHash: string | null): void {
    this.#count(Count.webFailures);
    send(client, {
      ...(action !== null && { action }),
      'failure reason': reason,
      ...(infoHash !== null && { info_hash: infoHash }),
    });
  }

  #count(counter: number): void {
    (this.#counters[counter] as number) += 1;
  }

  /** Makes the call one of this peer: its address says where it is. */
  #fill(peer: WebPeer, infoHash: string, { passkey }: WebConnection): void {
    const call = this.#call;
    call.member.passkey = passkey;
    writeBinary(call.infoHashBytes, infoHash);
    writeBinary(call.peerIdBytes, peer.id);
    writeU32(call.addressBytes, 2, peer.number);
    call.now = this.#parts.tick();
    call.want = 0;
  }
}

/** The peers that the swarm has chosen. */
function chosenIn({ peers4, peerIds }: AnnounceCall): WebPeerName[] {
  return Array.from({ length: peers4.at / 6 }, (_, i) => ({
    thread: readU16(peers4.bytes, 6 * i),
    number: readU32(peers4.bytes, 6 * i + 2),
    id: toBinary(peerIds.bytes.subarray(20 * i, 20 * i + 20)),
  }));
}

function send(client: WebClient, message: object): void {
  client.send(JSON.stringify(message));
}

function remove(list: string[], value: string): void {
  const at = list.indexOf(value);
  if (at >= 0) list.splice(at, 1);
}

function writeBinary(bytes: Uint8Array, text: string): void {
  for (let i = 0; i < 20; i++) bytes[i] = text.charCodeAt(i);
}
