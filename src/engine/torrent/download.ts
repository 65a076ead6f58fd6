/**
 * The receiving side of one torrent: which blocks are asked of whom, where they go, and what becomes of a piece when
 * its last block has come. It exists only while something is missing.
 */
import type { ByteCount, BlockIndex, Millis, PieceIndex } from '../../base/units.ts';
import type { Digests } from '../../base/digests.ts';
import type { Random } from '../../base/random.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import type { BlockRequest } from '../../codec/wire/index.ts';
import { engineError } from '../errors.ts';
import { PiecePicker } from '../picker/piece-picker.ts';
import type { BlockTarget, PeerSession } from '../peer/peer-session.ts';
import { Blame } from './blame.ts';
import { contradicts } from './hybrid-check.ts';
import type { Content } from './content.ts';
import { type AssembledPiece, PieceAssembler } from './piece-assembler.ts';
import { type PieceHolder, type PieceMemory, STALLED } from './piece-memory.ts';
import { Trials } from './trials.ts';

/** What the download tells its torrent. */
export interface DownloadPort {
  now(): Millis;
  peer(id: number): PeerSession | undefined;
  pieceStored(piece: PieceIndex): void;
  /** A piece was stored after this download had ended. */
  storedLate(piece: PieceIndex): void;
  /** A piece of which so much payload had come failed its hash. */
  pieceFailed(piece: PieceIndex, size: ByteCount): void;
  guilty(piece: PieceIndex, peers: readonly number[]): void;
  /** Blocks that had come are of no use: their piece begins anew. */
  discarded(bytes: ByteCount): void;
  /** The data could not be stored, or never can be right: the torrent cannot go on. */
  failed(error: unknown): void;
}

export interface DownloadDeps {
  readonly digests: Digests;
  readonly random: Random;
  readonly memory: PieceMemory;
}

/** What a peer sends within this time is on its way: taking it back would not save it, ms. */
const UNDER_WAY: Millis = 250;

export class Download implements PieceHolder {
  readonly picker: PiecePicker;
  readonly #content: Content;
  readonly #port: DownloadPort;
  readonly #memory: PieceMemory;
  readonly #assembler: PieceAssembler;
  readonly #blame: Blame;
  readonly #trials = new Trials();
  readonly #digests: Digests;
  /** Pieces that are complete and wait for their hash and the disk. */
  readonly #committing = new Set<PieceIndex>();
  /** The peer for which blocks are being chosen. */
  #asking = 0;
  #isClosed = false;
  lastBlockAt: Millis;
  /** A piece could not be begun for want of memory, which may be with pieces of our own that have stalled. */
  #isShort = false;

  constructor(content: Content, port: DownloadPort, deps: DownloadDeps) {
    this.#content = content;
    this.#port = port;
    this.#memory = deps.memory;
    this.lastBlockAt = port.now();
    this.#assembler = new PieceAssembler(content.geometry, deps.memory);
    this.#blame = new Blame(deps.digests);
    this.#digests = deps.digests;
    this.picker = new PiecePicker({
      geometry: content.geometry,
      have: content.have,
      random: deps.random,
      canOpen: (piece, isUrgent) => this.#open(piece, isUrgent),
      hasRoom: () => this.hasRoom,
      isVerifiable: (piece) => content.hashesOf(piece) !== null,
    });
    deps.memory.join(this);
  }

  /** There is memory for one more piece. */
  get hasRoom(): boolean {
    return this.#assembler.hasRoom;
  }

  get hasBuffers(): boolean {
    return this.#assembler.hasBuffers;
  }

  giveUp(): void {
    this.#giveUp(Array.from(this.picker.openPieces(), ({ piece }) => piece));
  }

  next(peer: PeerSession, count: number): readonly BlockRequest[] {
    this.#asking = peer.id;
    const { requests, takenOver } = this.picker.next(peer, count, this.#port.now());
    for (const { peerId, piece, block } of takenOver) this.#port.peer(peerId)?.cancel({ piece, block });
    return requests;
  }

  /**
   * Pieces are needed at once: a peer that can bring blocks of them need not first bring what else it was asked for, but
   * for what may be under way: that is all of it when the peer is quicker than our own limit.
   */
  hurry(peer: PeerSession): void {
    if (peer.isHeldBack || !this.picker.hasUrgent(peer, this.#port.now())) return;
    const kept = Math.ceil((peer.rate * UNDER_WAY) / 1000 / BLOCK_LENGTH);
    peer.takeBack(kept, (piece) => !this.picker.hasDeadline(piece) && !this.#trials.isOf(peer.id, piece));
  }

  /** May the peer bring blocks of the piece, as far as bad data of others is concerned? */
  mayBring(peer: PeerSession, piece: PieceIndex): boolean {
    return this.#trials.isEmpty || this.#trials.mayBring(peer.id, piece, this.#port.now());
  }

  target(peer: PeerSession, piece: PieceIndex, block: BlockIndex): BlockTarget | null {
    return this.picker.isWanted(piece, block) ? this.#assembler.target(peer.id, piece, block) : null;
  }

  received(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void {
    this.lastBlockAt = this.#port.now();
    const { cancelAt, pieceDone } = this.picker.blockArrived(peer.id, piece, block);
    for (let i = 0; i < cancelAt.length; i++) this.#port.peer(cancelAt[i] as number)?.cancel({ piece, block });
    if (!pieceDone) return;
    this.#trials.end(piece);
    const assembled = this.#assembler.take(piece);
    if (assembled !== null) void this.#commit(assembled);
  }

  dropped(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void {
    this.picker.requestDropped(peer.id, piece, block);
    if (this.#trials.isOf(peer.id, piece)) this.#giveUp([piece]);
  }

  /** About once a second. */
  tick(now: Millis): void {
    const isWorking = (id: number): boolean => (this.#port.peer(id)?.pendingBlocks ?? 0) > 0;
    this.#giveUp(this.#trials.overdue(now, isWorking));
    if (this.#isShort && this.hasBuffers && now - this.lastBlockAt >= STALLED) this.giveUp();
    this.#isShort = false;
  }

  /** Verified leaf hashes of a failed piece (BEP 52). */
  judge(piece: PieceIndex, leaves: readonly Uint8Array[]): void {
    const { geometry } = this.#content;
    const length = this.#content.hashesOf(piece)?.merkle?.length ?? 0;
    // A hybrid torrent's block that ends in a pad was sent whole, but its leaf covers the file's bytes only.
    const comparable = length === geometry.pieceSize(piece) ? leaves.length : Math.floor(length / BLOCK_LENGTH);
    this.#convict(piece, this.#blame.judge(piece, leaves.slice(0, comparable)));
  }

  /** A piece was stored that an earlier download had completed. */
  adopt(piece: PieceIndex): void {
    for (const { peerId, block } of this.picker.pieceVerified(piece)) this.#port.peer(peerId)?.cancel({ piece, block });
    this.#assembler.close(piece);
    this.#port.pieceStored(piece);
  }

  /** Gives up the pieces in progress that are not wanted any more: others need their memory. */
  dropUnwanted(): void {
    const pieces = Array.from(this.picker.openPieces(), ({ piece }) => piece);
    this.#giveUp(pieces.filter((piece) => this.picker.priorityOf(piece) === 0));
  }

  close(): void {
    this.#isClosed = true;
    this.#assembler.closeAll();
    this.#memory.leave(this);
  }

  /** A piece is about to be started: is there memory for it? */
  #open(piece: PieceIndex, isUrgent: boolean): boolean {
    if (!this.#assembler.open(piece, isUrgent)) return false;
    if (!this.#memory.makeRoom(this.#content.geometry.pieceSize(piece), this, this.#port.now())) {
      this.#assembler.close(piece);
      this.#isShort = true;
      return false;
    }
    if (!this.#isUnsettled) return true;
    this.#trials.begin(piece, this.#asking, this.#content.geometry.blockCount(piece), this.#port.now());
    return true;
  }

  /** Somebody has sent bad data, we do not know who, and the piece that will tell is still wanted. */
  get #isUnsettled(): boolean {
    for (const piece of this.#blame.unsettled) if (this.picker.priorityOf(piece) > 0) return true;
    return false;
  }

  async #commit(assembled: AssembledPiece): Promise<void> {
    const { piece, buffer } = assembled;
    const hashes = this.#content.hashesOf(piece);
    this.#committing.add(piece);
    try {
      const result = hashes === null ? 'mismatch' : await this.#content.storage.commit(piece, buffer, hashes);
      this.#committing.delete(piece);
      if (!this.#isClosed) this.#settle(assembled, result === 'stored');
      else if (result === 'stored') this.#port.storedLate(piece);
    } catch (error) {
      if (!this.#isClosed) {
        this.picker.pieceFailed(piece);
        this.#assembler.close(piece);
        this.#port.failed(error);
      }
    } finally {
      this.#committing.delete(piece);
      buffer.release();
    }
  }

  #settle(assembled: AssembledPiece, isGood: boolean): void {
    const { piece, buffer } = assembled;
    const hashes = this.#content.hashesOf(piece);
    if (!isGood && hashes !== null && contradicts(hashes, buffer.bytes, this.#digests)) {
      this.#port.failed(
        engineError('ENGINE_HYBRID_MISMATCH', `the v1 and v2 hashes of piece ${piece} contradict each other`),
      );
      return;
    }
    const guilty = isGood ? this.#blame.passed(assembled) : this.#blame.failed(assembled);
    // The reservation ends before the torrent is told, so that its peers find the room.
    this.#assembler.close(piece);
    if (isGood) this.picker.pieceVerified(piece);
    else {
      this.picker.pieceFailed(piece);
      this.picker.setDeadline(piece, this.#port.now()); // it can convict: it comes first
    }
    this.#convict(piece, guilty);
    if (isGood) this.#port.pieceStored(piece);
    else this.#port.pieceFailed(piece, this.#content.geometry.payloadSize(piece));
  }

  /** Peers have sent bad data: what else they sent for pieces in progress is wanted again from others. */
  #convict(piece: PieceIndex, guilty: readonly number[]): void {
    if (!this.#isUnsettled) this.#trials.endAll();
    if (guilty.length === 0) return;
    for (const { piece: other, block } of this.#assembler.blocksFrom(guilty)) {
      if (this.picker.blockSpoiled(other, block))
        this.#port.discarded(this.#content.geometry.payloadSize(other, block));
    }
    this.#port.guilty(piece, guilty);
  }

  /** Begins pieces in progress anew, or forgets them when they are not wanted. */
  #giveUp(pieces: readonly PieceIndex[]): void {
    if (pieces.length === 0) return;
    const { geometry } = this.#content;
    for (const { piece, blockCount } of [...this.picker.openPieces()]) {
      if (!pieces.includes(piece) || this.#committing.has(piece)) continue;
      this.#trials.fail(piece, this.#port.now());
      for (let block = 0; block < blockCount; block++) {
        if (!this.picker.isWanted(piece, block)) this.#port.discarded(geometry.payloadSize(piece, block));
      }
      for (const { peerId, block } of this.picker.abandon(piece)) this.#port.peer(peerId)?.cancel({ piece, block });
      this.#assembler.close(piece);
    }
  }
}
