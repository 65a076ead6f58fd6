/**
 * The receiving side of one torrent: which blocks are asked of whom, where they go, and what becomes of a piece when
 * its last block has come. It exists only while something is missing.
 */
import type { ByteCount, BlockIndex, Millis, PieceIndex } from '../../base/units.ts';
import type { Digests } from '../../base/digests.ts';
import type { Random } from '../../base/random.ts';
import type { BlockRequest } from '../../codec/wire/index.ts';
import { PiecePicker } from '../picker/piece-picker.ts';
import type { BlockTarget, PeerSession } from '../peer/peer-session.ts';
import { Blame } from './blame.ts';
import type { Content } from './content.ts';
import { type AssembledPiece, PieceAssembler } from './piece-assembler.ts';
import type { PieceMemory } from './piece-memory.ts';

/** What the download tells its torrent. */
export interface DownloadPort {
  now(): Millis;
  peer(id: number): PeerSession | undefined;
  pieceStored(piece: PieceIndex): void;
  /** A piece failed its hash; `guilty` are the peers found out so far. */
  pieceFailed(piece: PieceIndex, size: ByteCount): void;
  guilty(piece: PieceIndex, peers: readonly number[]): void;
  /** The data could not be stored: the torrent cannot go on. */
  storageFailed(error: unknown): void;
}

export interface DownloadDeps {
  readonly digests: Digests;
  readonly random: Random;
  readonly memory: PieceMemory;
}

export class Download {
  readonly picker: PiecePicker;
  readonly #content: Content;
  readonly #port: DownloadPort;
  readonly #assembler: PieceAssembler;
  readonly #blame: Blame;
  #committing = 0;
  #isClosed = false;

  constructor(content: Content, port: DownloadPort, deps: DownloadDeps) {
    this.#content = content;
    this.#port = port;
    this.#assembler = new PieceAssembler(content.geometry, deps.memory);
    this.#blame = new Blame(deps.digests);
    this.picker = new PiecePicker({
      geometry: content.geometry,
      have: content.have,
      random: deps.random,
      canOpen: (piece) => this.#assembler.open(piece),
      isVerifiable: (piece) => content.hashesOf(piece) !== null,
    });
  }

  /** Pieces that are complete and wait for their hash and the disk. */
  get committing(): number {
    return this.#committing;
  }

  next(peer: PeerSession, count: number): readonly BlockRequest[] {
    const { requests, takenOver } = this.picker.next(peer, count, this.#port.now());
    for (const { peerId, piece, block } of takenOver) this.#port.peer(peerId)?.cancel({ piece, block });
    return requests;
  }

  target(peer: PeerSession, piece: PieceIndex, block: BlockIndex): BlockTarget | null {
    return this.picker.isWanted(piece, block) ? this.#assembler.target(peer.id, piece, block) : null;
  }

  received(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void {
    const { cancelAt, pieceDone } = this.picker.blockArrived(peer.id, piece, block);
    for (const id of cancelAt) this.#port.peer(id)?.cancel({ piece, block });
    if (!pieceDone) return;
    const assembled = this.#assembler.take(piece);
    if (assembled !== null) void this.#commit(assembled);
  }

  dropped(peer: PeerSession, piece: PieceIndex, block: BlockIndex): void {
    this.picker.requestDropped(peer.id, piece, block);
  }

  /** Verified leaf hashes of a failed piece (BEP 52). */
  judge(piece: PieceIndex, leaves: readonly Uint8Array[]): void {
    this.#port.guilty(piece, this.#blame.judge(piece, leaves));
  }

  close(): void {
    this.#isClosed = true;
    this.#assembler.closeAll();
  }

  async #commit(assembled: AssembledPiece): Promise<void> {
    const { piece, buffer } = assembled;
    const hashes = this.#content.hashesOf(piece);
    this.#committing++;
    try {
      const result = hashes === null ? 'mismatch' : await this.#content.storage.commit(piece, buffer, hashes);
      if (!this.#isClosed) this.#settle(assembled, result === 'stored');
    } catch (error) {
      if (!this.#isClosed) {
        this.picker.pieceFailed(piece);
        this.#port.storageFailed(error);
      }
    } finally {
      this.#committing--;
      buffer.release();
      this.#assembler.close(piece);
    }
  }

  #settle(assembled: AssembledPiece, isGood: boolean): void {
    const { piece } = assembled;
    const guilty = isGood ? this.#blame.passed(assembled) : this.#blame.failed(assembled);
    // The reservation ends before the torrent is told, so that its peers find the room.
    this.#assembler.close(piece);
    if (isGood) this.picker.pieceVerified(piece);
    else this.picker.pieceFailed(piece);
    if (guilty.length > 0) this.#port.guilty(piece, guilty);
    if (isGood) this.#port.pieceStored(piece);
    else this.#port.pieceFailed(piece, assembled.buffer.bytes.length);
  }
}
