/**
 * The merkle tree of one v2 file (BEP 52), as far as it is needed: the root from the info dictionary and the piece
 * layer, from the torrent or fetched from peers in runs of 512 hashes that prove themselves against the root. Nodes in
 * between are computed when they are asked for, and leaves come from storage.
 */
import { concat, equalBytes } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { ByteCount } from '../../base/units.ts';
import type { HashRequest } from '../wire/index.ts';
import { BLOCK_LENGTH } from './geometry.ts';
import { blockCountOf, HASH_LENGTH, heightOf, layerAbove, padHash, piecesOf, rootOf } from './merkle.ts';

/** Most hashes that we ask for in one request (BEP 52: should not be greater than 512), and its logarithm. */
const RUN = 512;
const RUN_HEIGHT = 9;

/** Most hashes that we give in one answer: the leaves of a 128 MiB piece. */
const LONGEST_ANSWER = 8192;

export interface HashTreeOptions {
  /** Merkle root of the file, 32 bytes. */
  readonly piecesRoot: Uint8Array;
  /** Bytes of the file, not zero. */
  readonly fileLength: ByteCount;
  readonly pieceLength: ByteCount;
  /** The verified piece layer, or undefined when peers must be asked. Not needed for a file of at most one piece. */
  readonly pieceLayer?: Uint8Array | undefined;
}

export class HashTree {
  readonly piecesRoot: Uint8Array;
  /** Height of the root above the leaves. */
  readonly height: number;
  /** Height of the layer with one hash a piece; that of the root when the file has only one piece. */
  readonly pieceHeight: number;
  readonly pieceCount: number;
  readonly #leafCount: number;
  readonly #digests: Digests;
  readonly #layer: Uint8Array;
  /** Runs of the piece layer that are not known yet. */
  readonly #missingRuns: Set<number>;
  /** The layer of the roots of runs, kept because it costs a walk over the whole piece layer. */
  #runRoots: Uint8Array | null = null;

  constructor(options: HashTreeOptions, digests: Digests) {
    this.piecesRoot = options.piecesRoot;
    this.#digests = digests;
    this.#leafCount = blockCountOf(options.fileLength);
    this.height = heightOf(this.#leafCount);
    this.pieceHeight = Math.min(this.height, heightOf(options.pieceLength / BLOCK_LENGTH));
    this.pieceCount = piecesOf(options.fileLength, options.pieceLength);
    const known = this.pieceCount === 1 ? options.piecesRoot : options.pieceLayer;
    this.#layer = known ?? new Uint8Array(HASH_LENGTH * this.pieceCount);
    const runs = known === undefined ? Math.ceil(this.pieceCount / RUN) : 0;
    this.#missingRuns = new Set(Array.from({ length: runs }, (_, run) => run));
  }

  /** The piece layer, or null while some of it is missing. */
  get pieceLayer(): Uint8Array | null {
    return this.#missingRuns.size === 0 ? this.#layer : null;
  }

  /** The hash of a piece of the file (0 is its first), or null while it is not known. */
  pieceHash(piece: number): Uint8Array | null {
    if (piece >= this.pieceCount || this.#missingRuns.has(Math.floor(piece / RUN))) return null;
    return this.#layer.subarray(piece * HASH_LENGTH, (piece + 1) * HASH_LENGTH);
  }

  /** What to ask a peer for, one request for each run of the piece layer that is missing, with proofs up to the root. */
  missing(): HashRequest[] {
    const length = Math.min(RUN, 2 ** (this.height - this.pieceHeight));
    return Array.from(this.#missingRuns, (run) => ({
      piecesRoot: this.piecesRoot,
      baseLayer: this.pieceHeight,
      index: run * RUN,
      length,
      proofLayers: this.height - this.pieceHeight - 1,
    }));
  }

  /** The request for the leaves of one piece, by which a bad block is told from good ones. Null when it has one leaf. */
  leavesRequest(piece: number): HashRequest | null {
    if (this.pieceHeight === 0) return null;
    const length = 2 ** this.pieceHeight;
    const request = { piecesRoot: this.piecesRoot, baseLayer: 0, index: piece * length, length };
    return { ...request, proofLayers: this.pieceHeight - 1 };
  }

  /**
   * Checks the hashes that answer a request against what is known of the tree; false when they are wrong, or when the
   * proof reaches nothing known. Hashes of the piece layer are kept.
   */
  accept(request: HashRequest, hashes: Uint8Array): boolean {
    if (!this.#isSound(request) || hashes.length !== HASH_LENGTH * (request.length + uncleCount(request))) return false;
    const base = hashes.subarray(0, HASH_LENGTH * request.length);
    const rise = heightOf(request.length);
    let height = request.baseLayer + rise;
    let index = request.index / request.length;
    let node = rootOf(base, request.baseLayer, height, this.#digests);
    for (let at = base.length; at < hashes.length; at += HASH_LENGTH) {
      const uncle = hashes.subarray(at, at + HASH_LENGTH);
      node = this.#digests.sha256(concat(index % 2 === 0 ? [node, uncle] : [uncle, node]));
      index = Math.floor(index / 2);
      height++;
    }
    const known = this.#knownNode(height, index);
    if (known === null || !equalBytes(node, known)) return false;
    if (request.baseLayer === this.pieceHeight) this.#keep(request, base);
    return true;
  }

  /** The pieces of the file [first, end) whose leaves `answer` needs; empty when the piece layer suffices. */
  piecesForAnswer(request: HashRequest): readonly [first: number, end: number] {
    if (request.baseLayer === this.pieceHeight || !this.#isSound(request)) return [0, 0];
    const width = 2 ** this.pieceHeight;
    const first = Math.min(this.pieceCount, Math.floor(request.index / width));
    return [first, Math.min(this.pieceCount, Math.ceil((request.index + request.length) / width))];
  }

  /**
   * The hashes that answer a peer's request, or null when it is malformed or our knowledge does not reach.
   * `leaves` are those of the pieces that `piecesForAnswer` names, 32 bytes a block, without those beyond the file.
   */
  answer(request: HashRequest, leaves: Uint8Array): Uint8Array | null {
    if (!this.#isSound(request) || this.#missingRuns.size > 0) return null;
    const firstLeaf = this.piecesForAnswer(request)[0] * 2 ** this.pieceHeight;
    const nodeAt = (height: number, index: number): Uint8Array =>
      height < this.pieceHeight ? this.#nodeOfLeaves(leaves, firstLeaf, height, index) : this.#node(height, index);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < request.length; i++) parts.push(nodeAt(request.baseLayer, request.index + i));
    let height = request.baseLayer + heightOf(request.length);
    let index = request.index / request.length;
    for (let uncles = uncleCount(request); uncles > 0; uncles--) {
      parts.push(nodeAt(height, index % 2 === 0 ? index + 1 : index - 1));
      index = Math.floor(index / 2);
      height++;
    }
    return concat(parts);
  }

  /** The rules of BEP 52 for a request; only leaves and the piece layer may be asked for. */
  #isSound({ baseLayer, index, length, proofLayers }: HashRequest): boolean {
    return (
      (baseLayer === 0 || baseLayer === this.pieceHeight) &&
      length >= 2 &&
      length <= LONGEST_ANSWER &&
      (length & (length - 1)) === 0 &&
      index % length === 0 &&
      index + length <= 2 ** (this.height - baseLayer) &&
      proofLayers < this.height - baseLayer
    );
  }

  #keep(request: HashRequest, hashes: Uint8Array): void {
    const room = this.#layer.subarray(request.index * HASH_LENGTH);
    const isWholeRun = request.index % RUN === 0 && hashes.length >= Math.min(room.length, RUN * HASH_LENGTH);
    if (!isWholeRun || !this.#missingRuns.delete(request.index / RUN)) return;
    room.set(hashes.subarray(0, Math.min(room.length, RUN * HASH_LENGTH)));
  }

  #knownNode(height: number, index: number): Uint8Array | null {
    if (height === this.height) return this.piecesRoot;
    if (height === this.pieceHeight) return this.pieceHash(index);
    return height > this.pieceHeight && this.#missingRuns.size === 0 ? this.#node(height, index) : null;
  }

  /** A node at the piece layer or above it, from the whole piece layer. */
  #node(height: number, index: number): Uint8Array {
    const rise = height - this.pieceHeight;
    if (rise < RUN_HEIGHT || this.pieceCount <= RUN) return this.#fold(this.#layer, this.pieceHeight, height, index);
    this.#runRoots ??= rootsOfRuns(this.#layer, this.pieceHeight, this.#digests);
    return this.#fold(this.#runRoots, this.pieceHeight + RUN_HEIGHT, height, index);
  }

  #nodeOfLeaves(leaves: Uint8Array, firstLeaf: number, height: number, index: number): Uint8Array {
    return this.#fold(leaves, 0, height, index - firstLeaf / 2 ** height);
  }

  /** The node `index` of a height over the hashes of a lower layer. */
  #fold(layer: Uint8Array, layerHeight: number, height: number, index: number): Uint8Array {
    const span = HASH_LENGTH * 2 ** (height - layerHeight);
    const part = layer.subarray(index * span, (index + 1) * span);
    return part.length === 0 ? padHash(height, this.#digests) : rootOf(part, layerHeight, height, this.#digests);
  }
}

/** How many uncle hashes follow: the first log2(length) − 1 proof layers are contained in the hashes themselves. */
const uncleCount = ({ length, proofLayers }: HashRequest): number => Math.max(0, proofLayers - heightOf(length) + 1);

function rootsOfRuns(layer: Uint8Array, height: number, digests: Digests): Uint8Array {
  let hashes = layer;
  for (let rise = 0; rise < RUN_HEIGHT; rise++) hashes = layerAbove(hashes, height + rise, digests);
  return hashes;
}
