/**
 * Who sent bad data? A piece that fails its hash came from one peer or from several. One is guilty at once. With
 * several, each block's digest is remembered with its sender; when the piece is later good, the blocks that differ
 * name the guilty (libtorrent's "smart ban" idea). With v2, verified leaf hashes tell without waiting (BEP 52).
 */
import { equalBytes } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import type { AssembledPiece } from './piece-assembler.ts';

interface Evidence {
  readonly peerId: number;
  readonly block: number;
  readonly digest: Uint8Array;
}

/** The source of blocks of pads. */
const NOBODY = 0;
/** Failed pieces remembered at the same time; the oldest is forgotten first. */
const MOST_PIECES = 64;

export class Blame {
  readonly #digests: Digests;
  readonly #evidence = new Map<PieceIndex, Evidence[]>();

  constructor(digests: Digests) {
    this.#digests = digests;
  }

  /** Failed pieces whose guilty are not found yet. */
  get unsettled(): IterableIterator<PieceIndex> {
    return this.#evidence.keys();
  }

  /** The piece failed. Returns the guilty as far as they are certain. */
  failed(assembled: AssembledPiece): number[] {
    const senders = new Set(assembled.sources);
    senders.delete(NOBODY);
    if (senders.size === 1) return [...senders];
    const evidence = this.#evidence.get(assembled.piece) ?? [];
    evidence.push(...this.#blocks(assembled).filter(({ peerId }) => peerId !== NOBODY));
    this.#evidence.set(assembled.piece, evidence);
    const [oldest] = this.#evidence.keys();
    if (this.#evidence.size > MOST_PIECES && oldest !== undefined) this.#evidence.delete(oldest);
    return [];
  }

  /** The piece is good now. Returns the peers whose earlier blocks differ from it. */
  passed(assembled: AssembledPiece): number[] {
    const evidence = this.#evidence.get(assembled.piece);
    if (evidence === undefined) return [];
    this.#evidence.delete(assembled.piece);
    const good = this.#blocks(assembled).map(({ digest }) => digest);
    return this.#differing(evidence, good);
  }

  /** v2: the verified leaf hashes of a failed piece have come. Returns the peers whose blocks differ from them. */
  judge(piece: PieceIndex, leaves: readonly Uint8Array[]): number[] {
    const guilty = this.#differing(this.#evidence.get(piece) ?? [], leaves);
    if (guilty.length > 0) this.#evidence.delete(piece);
    return guilty;
  }

  #differing(evidence: readonly Evidence[], good: readonly Uint8Array[]): number[] {
    const guilty = evidence.filter(({ block, digest }) => {
      const expected = good[block];
      return expected !== undefined && !equalBytes(expected, digest);
    });
    return [...new Set(guilty.map(({ peerId }) => peerId))];
  }

  /** SHA-256 of each block: equal to the leaves of BEP 52, whose last leaf of a file covers the file's bytes only. */
  #blocks({ buffer, sources }: AssembledPiece): Evidence[] {
    return Array.from(sources, (peerId, block) => ({
      peerId,
      block,
      digest: this.#digests.sha256(buffer.bytes.slice(block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH)),
    }));
  }
}
