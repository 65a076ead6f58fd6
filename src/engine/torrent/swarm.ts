/**
 * The peers of one torrent at work: it takes in connections, answers what sessions need (`PeerHost`), and spreads news
 * among them. What is downloaded and where it is kept is the torrent's affair, reached through `SwarmPort`.
 */
import type { PeerAddress } from '../../base/address.ts';
import { compareBytes, equalBytes } from '../../base/bytes.ts';
import type { Bitfield } from '../../base/bitfield.ts';
import { messageOf } from '../../base/errors.ts';
import type { BlockIndex, ByteCount, BytesPerSecond, Millis, PieceIndex } from '../../base/units.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import {
  type BlockRequest,
  encodeBitfield,
  encodeExtended,
  encodeExtensionHandshake,
  encodeHave,
  type ExtensionHandshake,
  Frame,
  type Handshake,
  type HashRequest,
} from '../../codec/wire/index.ts';
import type { Connection, ConnectionHandlers } from '../../net/index.ts';
import type { PoolBuffer, ReadRun } from '../../storage/index.ts';
import { DontHave } from '../extensions/dont-have.ts';
import { ExtensionSet } from '../extensions/extension-set.ts';
import { MetadataExchange } from '../extensions/metadata-exchange.ts';
import { type BlockTarget, type PeerHost, PeerSession } from '../peer/peer-session.ts';
import { PeerStream } from '../peer/peer-stream.ts';
import { closeSurplus } from './close-surplus.ts';
import type { Content } from './content.ts';
import type { Download } from './download.ts';
import { HashExchange } from './hash-exchange.ts';
import { PeerPool } from './peer-pool.ts';
import { SuperSeeding } from './super-seeding.ts';
import type { TorrentLimits } from './torrent-limits.ts';
import type { TorrentServices } from './torrent-services.ts';
import type { TorrentStats } from './torrent-stats.ts';
import { Uploads } from './uploads.ts';

/** What the swarm needs from its torrent. */
export interface SwarmPort {
  content(): Content | null;
  /** Null while nothing is to be downloaded. */
  download(): Download | null;
  /** Peers are welcome: not while paused, failed or checking. */
  isOpen(): boolean;
  readonly stats: TorrentStats;
  readonly limits: TorrentLimits;
  /** Super-seeding is wished for when the swarm is made. */
  readonly isSuperSeeding: boolean;
  /** The info dictionary came from peers; false when it does not match. */
  metadataReceived(raw: Uint8Array): boolean;
  storageFailed(error: unknown): void;
  peerConnected(peer: PeerSession): void;
  peerDisconnected(peer: PeerSession, reason: string): void;
}

export class Swarm implements PeerHost {
  readonly pool: PeerPool;
  readonly hashExchange: HashExchange;
  readonly superSeeding: SuperSeeding;
  readonly #port: SwarmPort;
  readonly #services: TorrentServices;
  readonly #uploads: Uploads;
  readonly #extensions: ExtensionSet;
  /** Peers that came before the metadata was known: they have not been told what we have. */
  readonly #uninformed = new Set<PeerSession>();
  /** Peers whose connection waits for room in the download limit. */
  readonly #throttled = new Set<PeerSession>();
  /** The info dictionary could not be read the last time: that is told once, however often peers ask. */
  #isRawMissed = false;

  constructor(port: SwarmPort, services: TorrentServices) {
    this.#port = port;
    this.#services = services;
    this.pool = new PeerPool(services.filter, services.mayDial);
    this.#uploads = new Uploads({
      slots: () => services.options.uploadSlots,
      random: services.random,
      peers: () => this.pool.sessions,
    });
    this.hashExchange = new HashExchange({
      now: () => services.clock.now(),
      digests: services.digests,
      content: () => port.content(),
      peers: () => this.pool.sessions,
      leavesKnown: (piece, leaves) => port.download()?.judge(piece, leaves),
      layersGrew: () => this.#nudge(),
    });
    this.superSeeding = new SuperSeeding(port.isSuperSeeding, {
      random: services.random,
      now: () => services.clock.now(),
      pieceCount: () => (this.#isDone && this.have?.isComplete === true ? this.have.size : null),
      peers: () => this.pool.sessions,
      uploaded: () => port.stats.upload.total,
      peerHas: (peer, piece) => this.peerHas(peer, piece),
      revealed: (peer) => this.#sendExtensionHandshake(peer),
    });
    const dontHave = new DontHave((peer, piece) => this.peerLost(peer, piece));
    const metadata = new MetadataExchange({
      now: () => services.clock.now(),
      maxSize: services.options.maxMetadataSize,
      peers: () => this.pool.sessions,
      isKnown: () => port.content() !== null,
      raw: () => this.#rawInfo(),
      received: (raw) => port.metadataReceived(raw),
      ban: (id) => void this.ban([id]),
    });
    this.#extensions = new ExtensionSet([metadata, dontHave]);
  }

  /** A connection whose handshake named this torrent. Returns its handlers, or words that say why it is refused. */
  attach(
    connection: Connection,
    handshake: Handshake,
    options: { id: number; isV2: boolean },
  ): ConnectionHandlers | string {
    if (!this.#port.isOpen()) return 'the torrent takes no peers now';
    if (this.pool.isBanned(connection.remote.host)) return 'banned';
    if (equalBytes(handshake.peerId, this.#services.peerId)) {
      if (!connection.isIncoming) this.pool.exclude(connection.remote);
      return 'connected to ourselves';
    }
    const twin = this.pool.withPeerId(handshake.peerId);
    if (twin !== undefined && !this.#replaces(connection, twin)) return 'already connected';
    twin?.close('connected twice');
    if (this.pool.connectedCount >= this.#port.limits.maxConnections) return 'too many connections';
    const { requestQueue } = this.#services.options;
    const peer = new PeerSession({ ...options, connection, handshake, requestQueue }, this);
    const stream = new PeerStream(peer, this);
    this.pool.connected(peer);
    this.#port.download()?.picker.peerJoined(peer);
    this.#greet(peer);
    this.#port.peerConnected(peer);
    this.#services.wake(); // a seed without peers sleeps
    return {
      data: (view) => stream.receive(view),
      drain: () => peer.pump(),
      close: (error) => peer.close(error?.message ?? 'closed by the peer'),
    };
  }

  /** The metadata has become known, or the download has begun: sessions that were there before join in. */
  contentKnown(): void {
    for (const peer of [...this.pool.sessions]) peer.learnGeometry();
    this.superSeeding.update();
    for (const peer of [...this.pool.sessions]) {
      this.#port.download()?.picker.peerJoined(peer);
      if (this.#uninformed.has(peer)) this.#inform(peer);
      this.#sendExtensionHandshake(peer);
      this.#facts(peer);
    }
    this.#uninformed.clear();
    this.hashExchange.fetchLayers();
  }

  /** Nothing is wanted any more. */
  finished(): void {
    for (const peer of [...this.pool.sessions]) {
      peer.setInterested(false);
      this.#closeIfUseless(peer);
      if (!peer.isClosed) this.#sendExtensionHandshake(peer);
    }
  }

  /** The limits of the torrent or of its session are others than before. */
  limitsChanged(): void {
    closeSurplus([...this.pool.sessions], this.#port.limits.maxConnections);
    this.#uploads.slotsChanged();
  }

  /** Tells the peers of a verified piece: also whom it came from, who may wait to hear of it (BEP 16). */
  spreadHave(piece: PieceIndex): void {
    const message = encodeHave(piece);
    for (const peer of this.pool.sessions) if (!peer.pieces.isSeed) peer.send(message);
    this.#nudge();
  }

  /** Pieces are needed at once. */
  hurry(): void {
    for (const peer of this.pool.sessions) this.#port.download()?.hurry(peer);
    this.wishesChanged();
  }

  /** Our wishes changed: interest and requests follow. */
  wishesChanged(): void {
    for (const peer of [...this.pool.sessions]) this.#facts(peer);
  }

  /** Bans the hosts of these peers, connected or gone; returns those that were not banned before. */
  ban(peerIds: readonly number[]): string[] {
    const hosts = new Set(peerIds.map((id) => this.pool.hostOf(id)).filter((host) => host !== undefined));
    const added = [...hosts].filter((host) => !this.pool.isBanned(host));
    for (const host of added) this.pool.ban(host);
    return added;
  }

  tick(now: Millis): void {
    const { peerTimeout, requestTimeout } = this.#services.options;
    for (const peer of [...this.pool.sessions]) peer.tick(now, { peer: peerTimeout, request: requestTimeout });
    this.#uploads.tick(now, this.#port.download() === null);
    this.#extensions.tick(now);
    this.superSeeding.tick(now);
    this.hashExchange.tick(now);
    this.#port.download()?.tick(now);
    for (const peer of this.pool.sessions) if (peer.pendingBlocks === 0) this.#updateInterest(peer);
  }

  /** Rate limits have room again. */
  limitsTick(): void {
    for (const peer of this.#throttled) peer.wasNotRead();
    if (this.#throttled.size > 0 && !this.isDownloadExhausted()) {
      for (const peer of this.#throttled) peer.connection.resume();
      this.#throttled.clear();
    }
    this.#uploads.pump();
  }

  nextToDial(now: Millis): PeerAddress | null {
    return this.pool.nextToDial(now, this.#isDone);
  }

  get nextDialAt(): Millis {
    return this.pool.nextDialAt(this.#isDone);
  }

  // ---- PeerHost

  get geometry(): Geometry | null {
    return this.#port.content()?.geometry ?? null;
  }

  get have(): Bitfield | null {
    return this.#port.content()?.have ?? null;
  }

  now(): Millis {
    return this.#services.clock.now();
  }

  peerHas(peer: PeerSession, piece: PieceIndex): void {
    const picker = this.#port.download()?.picker;
    picker?.peerHas(peer, piece);
    this.superSeeding.peerHas(peer, piece);
    if (!peer.amInterested) this.#updateInterest(peer);
    this.#closeIfUseless(peer);
  }

  peerHasMany(peer: PeerSession): void {
    if (this.geometry === null) return;
    this.#port.download()?.picker.peerHasBitfield(peer);
    this.superSeeding.peerHasMany(peer);
    this.hashExchange.peerChanged(peer);
    this.#facts(peer);
  }

  peerLost(peer: PeerSession, piece: PieceIndex): void {
    this.#port.download()?.picker.peerLost(peer, piece);
    this.superSeeding.peerLost(piece);
    // Without rejects nothing more will be heard of requests for it (BEP 54).
    if (!peer.hasRejects) peer.dropRequests(true, piece);
    this.#updateInterest(peer);
  }

  interestChanged(peer: PeerSession): void {
    this.superSeeding.interestChanged(peer);
    this.#uploads.interestChanged(peer, this.now());
  }

  mayServe(peer: PeerSession, piece: PieceIndex): boolean {
    return this.have?.has(piece) === true && this.superSeeding.mayServe(peer, piece);
  }

  mayRequest(peer: PeerSession, piece: PieceIndex): boolean {
    return this.#port.download()?.mayBring(peer, piece) !== false;
  }

  nextRequests(peer: PeerSession, count: number): readonly BlockRequest[] {
    return this.#port.download()?.next(peer, count) ?? [];
  }

  blockTarget(peer: PeerSession, piece: PieceIndex, block: BlockIndex): BlockTarget | null {
    return this.#port.download()?.target(peer, piece, block) ?? null;
  }

  blockReceived(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void {
    this.#port.download()?.received(peer, piece, block);
  }

  requestDropped(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void {
    this.#port.download()?.dropped(peer, piece, block);
  }

  countReceived(bytes: ByteCount, isWasted: boolean, pads: ByteCount): void {
    this.#port.stats.received(bytes - pads, isWasted);
    this.#port.limits.rates.received(bytes, this.now());
  }

  /** Of what was counted as sent, what has not left yet. */
  get unsent(): ByteCount {
    let unsent = 0;
    for (const { uploads } of this.pool.sessions) unsent += uploads.unsent;
    return unsent;
  }

  countSent(peer: PeerSession, bytes: ByteCount, pads: ByteCount): void {
    this.#port.stats.sent(bytes - pads);
    this.#uploads.sent(peer, bytes);
    this.#port.limits.rates.sent(bytes, this.now());
  }

  isDownloadExhausted(): boolean {
    const { rates } = this.#port.limits;
    return rates.isLimited && rates.downloadRoom(this.now()) <= 0;
  }

  downloadLimit(): BytesPerSecond {
    return this.#port.limits.rates.downloadLimit;
  }

  throttle(peer: PeerSession): void {
    peer.connection.pause();
    this.#throttled.add(peer);
  }

  takeUploadBuffer(size: ByteCount): PoolBuffer | null {
    return this.#services.uploadMemory.take(size);
  }

  async read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    await this.#port.content()?.storage.read(into, runs);
  }

  uploadRoom(peer: PeerSession): ByteCount {
    return this.#uploads.room(peer, this.#port.limits.rates, this.now());
  }

  readFailed(error: unknown): void {
    this.#port.storageFailed(error);
  }

  extensionHandshakeReceived(peer: PeerSession, handshake: ExtensionHandshake): void {
    this.#extensions.handshakeReceived(peer, handshake);
    if (handshake.takesSecure === true && this.#canProve(peer)) this.pool.foundSecure(peer);
    this.hashExchange.peerChanged(peer);
    this.#closeIfUseless(peer);
  }

  extended(peer: PeerSession, id: number, payload: Uint8Array): string | null {
    return this.#extensions.received(peer, id, payload);
  }

  hashRequest(peer: PeerSession, request: HashRequest): void {
    this.hashExchange.requested(peer, request);
  }

  hashes(peer: PeerSession, request: HashRequest, hashes: Uint8Array): void {
    this.hashExchange.received(peer, request, hashes);
  }

  hashReject(peer: PeerSession, request: HashRequest): void {
    this.hashExchange.rejected(peer, request);
  }

  closed(peer: PeerSession, reason: string): void {
    this.#throttled.delete(peer);
    this.#uninformed.delete(peer);
    this.pool.disconnected(peer, this.now());
    this.#port.download()?.picker.peerLeft(peer);
    this.#extensions.closed(peer);
    this.superSeeding.closed(peer);
    this.hashExchange.closed(peer);
    this.#port.peerDisconnected(peer, reason);
    this.#services.wake();
  }

  // ---- inside

  /** Nothing that we want is missing; not so while the data is being checked. */
  get #isDone(): boolean {
    return this.#port.isOpen() && this.#port.content() !== null && this.#port.download() === null;
  }

  /**
   * Two peers that dial each other at the same moment must close the same one of the two connections: the one dialed
   * by the greater peer id.
   */
  #replaces(connection: Connection, twin: PeerSession): boolean {
    if (connection.isIncoming === twin.connection.isIncoming) return false;
    const isTheirsSmaller = compareBytes(twin.handshake.peerId, this.#services.peerId) < 0;
    return connection.isIncoming !== isTheirsSmaller;
  }

  /** The first messages after the handshake: what we have (BEP 3, 6), then our extensions (BEP 10). */
  #greet(peer: PeerSession): void {
    this.superSeeding.update();
    const { have } = this;
    const { fast } = peer.handshake;
    if (have === null) this.#uninformed.add(peer);
    if (have === null || have.isEmpty || this.superSeeding.joined(peer)) {
      if (fast) peer.send(Frame.haveNone);
    } else if (fast && have.isComplete) peer.send(Frame.haveAll);
    else peer.send(encodeBitfield(have.bytes));
    this.#sendExtensionHandshake(peer);
  }

  /** Tells a peer that came before the metadata what we have. */
  #inform(peer: PeerSession): void {
    if (this.superSeeding.joined(peer)) return;
    for (const piece of this.have ?? []) peer.send(encodeHave(piece));
  }

  /** Who helps with a sealed torrent may take secure connections, and not have the secret of this one. */
  #canProve({ connection }: PeerSession): boolean {
    const isSealed = (this.#port.content()?.metainfo.info.seal ?? null) !== null;
    return !isSealed || connection.provenSwarm !== undefined;
  }

  #sendExtensionHandshake(peer: PeerSession): void {
    if (!peer.handshake.extended) return;
    const { clientVersion, requestQueue, prefersEncryption, takesSecure } = this.#services.options;
    const handshake = this.#extensions.handshake({
      client: clientVersion,
      port: this.#services.port() || null,
      requestQueue,
      prefersEncryption,
      takesSecure,
      yourHost: peer.connection.remote.host,
      isUploadOnly: this.#isDone && !this.superSeeding.isActive,
    });
    peer.send(encodeExtended(0, encodeExtensionHandshake(handshake)));
  }

  /** What a peer has, or what we want, has changed at large. */
  #facts(peer: PeerSession): void {
    this.#updateInterest(peer);
    this.#closeIfUseless(peer);
    peer.requestMore();
  }

  #updateInterest(peer: PeerSession): void {
    peer.setInterested(this.#port.download()?.picker.isInteresting(peer.have) === true);
  }

  /** Two that want nothing have nothing to say to each other. */
  #closeIfUseless(peer: PeerSession): void {
    if (this.#isDone && peer.isSeed) peer.close('both are seeds');
  }

  /** The info dictionary as it was received; null: not known, or it cannot be read now, and is not offered. */
  #rawInfo(): Uint8Array | null {
    try {
      const raw = this.#port.content()?.metainfo.info.raw ?? null;
      this.#isRawMissed = false;
      return raw;
    } catch (error) {
      if (!this.#isRawMissed) this.#services.logger.warn('metadata is not offered', { error: messageOf(error) });
      this.#isRawMissed = true;
      return null;
    }
  }

  /** Memory or hashes have become available: idle peers ask for more, while there is memory. */
  #nudge(): void {
    for (const peer of this.pool.sessions) {
      if (this.#port.download()?.hasRoom !== true) return;
      peer.requestMore();
    }
  }
}
