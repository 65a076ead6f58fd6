/**
 * One remote peer after the handshake: the four flags of BEP 3, what it has, what we asked of it and it of us.
 * It translates between messages and facts; every decision is the torrent's, reached through `PeerHost`.
 */
import { addressKey } from '../../base/address.ts';
import type { Bitfield } from '../../base/bitfield.ts';
import { concat } from '../../base/bytes.ts';
import type { BlockIndex, ByteCount, BytesPerSecond, Millis, PieceIndex } from '../../base/units.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import {
  type BlockRange,
  type BlockRequest,
  encodeCancel,
  encodeReject,
  encodeRequests,
  type ExtensionHandshake,
  Frame,
  type Handshake,
  type HashRequest,
} from '../../codec/wire/index.ts';
import type { Connection } from '../../net/index.ts';
import type { PoolBuffer, ReadRun } from '../../storage/index.ts';
import { BlockDownloads } from './block-downloads.ts';
import { PeerAvailability } from './peer-availability.ts';
import { UploadQueue } from './upload-queue.ts';

/** Bytes other than blocks that wait for a peer to read before answers are refused, … */
const CONGESTED: ByteCount = 256 * 1024;
/** … and before the connection is closed. */
const MOST_QUEUED: ByteCount = 1024 * 1024;

/** A peer from which a limit kept us from reading does not count as stalled for so long afterwards, ms. */
const UNREAD: Millis = 60_000;
/** What such a peer was asked for may have been sent, and lie unread, for so long afterwards, ms. */
const UNREAD_QUEUE: Millis = 2000;

/** Memory into which a block is received. */
export interface BlockTarget {
  /** The piece's bytes. */
  readonly bytes: Uint8Array;
  /** Id of the peer that delivers each block of the piece; another peer may take a block over. */
  readonly sources: Int32Array;
}

/**
 * What a peer session needs from the torrent it belongs to. The port belongs to its consumer: a session knows no
 * Torrent, and a test hands it a few functions.
 */
export interface PeerHost {
  /** Null while the metadata is unknown. */
  readonly geometry: Geometry | null;
  /** Our verified pieces. */
  readonly have: Bitfield | null;
  now(): Millis;

  /** The peer got one more piece, many pieces (bitfield, have all), or lost one (BEP 54). */
  peerHas(peer: PeerSession, piece: PieceIndex): void;
  peerHasMany(peer: PeerSession): void;
  peerLost(peer: PeerSession, piece: PieceIndex): void;
  /** The peer became, or ceased to be, interested in us. */
  interestChanged(peer: PeerSession): void;

  /** We have the piece, and the peer was told so. */
  mayServe(peer: PeerSession, piece: PieceIndex): boolean;
  /** False while only another peer may bring the piece. */
  mayRequest(peer: PeerSession, piece: PieceIndex): boolean;
  nextRequests(peer: PeerSession, count: number): readonly BlockRequest[];
  /** Where a requested block goes, or null when it has come from elsewhere. */
  blockTarget(peer: PeerSession, piece: PieceIndex, block: BlockIndex): BlockTarget | null;
  blockReceived(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void;
  requestDropped(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void;
  /** Blocks came in (`isWasted`: nobody wants them); `pads` of their bytes are pads. */
  countReceived(bytes: ByteCount, isWasted: boolean, pads: ByteCount): void;
  countSent(peer: PeerSession, bytes: ByteCount, pads: ByteCount): void;
  /** The download limit has no room: `throttle` stops reading from the peer until it has. */
  isDownloadExhausted(): boolean;
  /** The download limit itself; Infinity without one. */
  downloadLimit(): BytesPerSecond;
  throttle(peer: PeerSession): void;

  /** For uploads: memory, data, and what the rate limits let pass now (Infinity without limits). */
  takeUploadBuffer(size: ByteCount): PoolBuffer | null;
  read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void>;
  uploadRoom(peer: PeerSession): ByteCount;
  readFailed(error: unknown): void;

  extensionHandshakeReceived(peer: PeerSession, handshake: ExtensionHandshake): void;
  /** A message of the extension with our number `id`. Returns words when it broke the extension's rules. */
  extended(peer: PeerSession, id: number, payload: Uint8Array): string | null;
  hashRequest(peer: PeerSession, request: HashRequest): void;
  hashes(peer: PeerSession, request: HashRequest, hashes: Uint8Array): void;
  hashReject(peer: PeerSession, request: HashRequest): void;

  /** Called once, when the session has ended. */
  closed(peer: PeerSession, reason: string): void;
}

export interface PeerSessionOptions {
  /** Unique within the engine session, above 0. */
  readonly id: number;
  readonly connection: Connection;
  /** The remote's handshake. */
  readonly handshake: Handshake;
  /** Requests that we let the peer queue (`reqq`). */
  readonly requestQueue: number;
  /** True when both sides speak v2 (BEP 52) on this connection. */
  readonly isV2: boolean;
}

export class PeerSession {
  readonly id: number;
  readonly connection: Connection;
  readonly handshake: Handshake;
  readonly isV2: boolean;
  readonly downloads: BlockDownloads;
  readonly uploads: UploadQueue;
  readonly pieces: PeerAvailability;
  amChoking = true;
  amInterested = false;
  peerChoking = true;
  peerInterested = false;
  /** BEP 10 handshake of the remote, once it came. */
  extensions: ExtensionHandshake | null = null;
  /** When the present unchoke began, the payload sent before; optimistic: it can show what it gives (BEP 3). */
  unchoked: { readonly since: Millis; readonly sentBefore: ByteCount; isOptimistic: boolean } | null = null;
  readonly requestQueue: number;
  /** Requests that could not be served since we last choked or unchoked the peer. */
  badRequests = 0;
  /** Called when the session ends, before anybody else is told. */
  ended: () => void = () => {};
  readonly #host: PeerHost;
  #times: { received: Millis; sent: Millis };
  /** When a limit last kept us from reading. */
  #unreadAt: Millis = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: PeerSessionOptions, host: PeerHost) {
    const now = host.now();
    this.id = options.id;
    this.connection = options.connection;
    this.handshake = options.handshake;
    this.isV2 = options.isV2;
    this.requestQueue = options.requestQueue;
    this.#host = host;
    this.#times = { received: now, sent: now };
    this.downloads = new BlockDownloads(now);
    this.uploads = new UploadQueue(this.#uploadPort(), now);
    this.pieces = new PeerAvailability();
    this.learnGeometry();
  }

  get address(): string {
    return addressKey(this.connection.remote);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  // What the picker asks (PickingPeer).
  get have(): Bitfield {
    return this.pieces.have;
  }

  get rate(): BytesPerSecond {
    const { rate } = this.downloads.meter;
    return rate === 0 && this.#host.now() - this.#unreadAt < UNREAD ? 1 : rate;
  }

  get pendingBlocks(): number {
    return this.downloads.pending;
  }

  get limitedTo(): ReadonlySet<PieceIndex> | null {
    return this.peerChoking ? this.pieces.allowedFast : null;
  }

  mayRequest(piece: PieceIndex): boolean {
    const isAllowed = !this.peerChoking || this.pieces.allowedFast.has(piece);
    return isAllowed && !this.pieces.isRefused(piece) && this.#host.mayRequest(this, piece);
  }

  /** Requests that are not served are rejected: by BEP 6, and in v2 by BEP 52. */
  get hasRejects(): boolean {
    return this.handshake.fast || this.isV2;
  }

  /** The remote has everything, or wants nothing (BEP 21). */
  get isSeed(): boolean {
    return this.pieces.isSeed || this.extensions?.isUploadOnly === true;
  }

  /** The metadata has become known: from now on lengths and indices can be checked. */
  learnGeometry(): void {
    const { geometry } = this.#host;
    if (geometry === null) return;
    const fault = this.pieces.learnCount(geometry.pieceCount);
    if (fault !== null) this.close(fault);
  }

  /** Something came from the peer. */
  heard(): void {
    this.#times.received = this.#host.now();
  }

  get heardAt(): Millis {
    return this.#times.received;
  }

  /** A limit kept us from reading: the silence since then is ours. */
  wasNotRead(): void {
    this.heard();
    this.downloads.wasNotRead(this.#times.received);
    this.#unreadAt = this.#times.received;
  }

  /** A limit keeps us from reading, or soon may, as far as we know the peer: all it was asked for may be under way. */
  get isHeldBack(): boolean {
    const isUnknown = this.downloads.meter.rate === 0 && this.#host.downloadLimit() < Number.POSITIVE_INFINITY;
    return isUnknown || this.#host.now() - this.#unreadAt < UNREAD_QUEUE;
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#times.sent = this.#host.now();
    this.connection.send(bytes);
    if (this.#queued > MOST_QUEUED) this.close('WIRE_FLOOD: it does not read the answers to what it sends');
  }

  /** The peer reads so slowly that no more answers should be queued for it. */
  get isCongested(): boolean {
    return this.#queued > CONGESTED;
  }

  /** Bytes queued for the peer, blocks left out. */
  get #queued(): ByteCount {
    return this.connection.queued - this.uploads.sending;
  }

  setChoking(isChoking: boolean): void {
    if (isChoking === this.amChoking) return;
    this.amChoking = isChoking;
    this.badRequests = 0;
    this.send(isChoking ? Frame.choke : Frame.unchoke);
    const sentBefore = this.uploads.meter.total;
    this.unchoked = isChoking ? null : { since: this.#host.now(), sentBefore, isOptimistic: false };
    // BEP 6: a choke answers the waiting requests only when each is rejected.
    if (isChoking) this.reject(this.uploads.clear());
  }

  setInterested(isInterested: boolean): void {
    if (isInterested === this.amInterested) return;
    this.amInterested = isInterested;
    this.send(isInterested ? Frame.interested : Frame.notInterested);
  }

  /** Asks for as many blocks as the depth of the queue allows. */
  requestMore(): void {
    const { geometry } = this.#host;
    if (geometry === null || this.#isClosed || !this.amInterested) return;
    if (this.peerChoking && this.pieces.allowedFast.size === 0) return;
    this.downloads.maxRate = this.#host.downloadLimit();
    const count = this.downloads.wanted;
    if (count === 0) return;
    const requests = this.#host.nextRequests(this, count);
    if (requests.length === 0) return;
    const now = this.#host.now();
    const ranges: BlockRange[] = [];
    for (let i = 0; i < requests.length; i++) {
      const { piece, block } = requests[i] as BlockRequest;
      this.downloads.asked(geometry.blockNumber(piece, block), now);
      ranges.push(geometry.blockRange(piece, block));
    }
    this.send(encodeRequests(ranges));
  }

  /** Takes back a request, because the block came from elsewhere or another peer shall bring it. */
  cancel({ piece, block }: BlockRequest): void {
    const { geometry } = this.#host;
    if (geometry === null || !this.downloads.excuse(geometry.blockNumber(piece, block))) return;
    this.send(encodeCancel(geometry.blockRange(piece, block)));
  }

  /**
   * Gives pending requests back to the picker, all or those for one piece; with `mayStillCome` their late blocks are
   * no offence.
   */
  dropRequests(mayStillCome: boolean, piece: PieceIndex | null = null): void {
    const perPiece = this.#host.geometry?.blocksPerPiece ?? 1;
    const isMeant = (key: number): boolean => piece === null || Math.floor(key / perPiece) === piece;
    for (const key of this.downloads.drain(mayStillCome, isMeant)) {
      this.#host.requestDropped(this, Math.floor(key / perPiece), key % perPiece);
    }
  }

  /** Takes back pending requests for the pieces that are meant, but for the oldest: `kept` may be under way. */
  takeBack(kept: number, isMeant: (piece: PieceIndex) => boolean): void {
    const { geometry } = this.#host;
    if (geometry === null) return;
    const { blocksPerPiece } = geometry;
    let place = 0;
    const isTaken = (key: number): boolean => place++ >= kept && isMeant(Math.floor(key / blocksPerPiece));
    const keys = this.downloads.drain(true, isTaken);
    if (keys.length === 0) return;
    const blocks = keys.map((key) => [Math.floor(key / blocksPerPiece), key % blocksPerPiece] as const);
    this.send(concat(blocks.map(([piece, block]) => encodeCancel(geometry.blockRange(piece, block)))));
    for (const [piece, block] of blocks) this.#host.requestDropped(this, piece, block);
  }

  /** Says that requests will not be served. Without rejects silence says it. */
  reject(ranges: readonly BlockRange[]): void {
    if (!this.hasRejects) return;
    for (const range of ranges) this.send(encodeReject(range));
  }

  /** Sends waiting uploads. */
  pump(): void {
    this.uploads.pump(() => this.#host.now());
  }

  /** About once a second: rates, keep-alive, timeouts. */
  tick(now: Millis, timeouts: { readonly peer: Millis; readonly request: Millis }): void {
    this.downloads.tick(now);
    this.pieces.tick(now);
    this.uploads.meter.tick(now);
    if (now - this.#times.received > timeouts.peer) {
      this.close('timeout: nothing received');
      return;
    }
    if (now - this.#times.sent > timeouts.peer / 2) this.send(Frame.keepAlive);
    if (this.downloads.isStalled(now, timeouts.request)) {
      this.downloads.snub();
      this.dropRequests(true);
    }
    this.requestMore();
  }

  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.ended();
    this.connection.close();
    this.uploads.close();
    this.dropRequests(false);
    this.#host.closed(this, reason);
  }

  #uploadPort(): ConstructorParameters<typeof UploadQueue>[0] {
    const host = this.#host;
    return {
      takeBuffer: (size) => host.takeUploadBuffer(size),
      read: (into, runs) => host.read(into, runs),
      send: (bytes, sent) => {
        this.#times.sent = host.now();
        this.connection.send(bytes, sent);
      },
      pieceOffset: (piece) => host.geometry?.pieceOffset(piece) ?? 0,
      room: () => host.uploadRoom(this),
      padSize: (offset, length) => host.geometry?.padSize(offset, length) ?? 0,
      charge: (bytes, pads) => host.countSent(this, bytes, pads),
      failed: (requests, error) => {
        if (this.#isClosed) return;
        this.reject(requests);
        host.readFailed(error);
      },
    };
  }
}
