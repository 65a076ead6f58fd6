/** What a torrent knows of its data once the metadata is there: shape, hashes, what is verified, where it lies. */
import type { Bitfield } from '../../base/bitfield.ts';
import type { PieceIndex } from '../../base/units.ts';
import type { Geometry, Metainfo } from '../../codec/metainfo/index.ts';
import type { PieceHashes, Storage } from '../../storage/index.ts';
import type { Selection } from './selection.ts';

export interface Content {
  readonly metainfo: Metainfo;
  readonly geometry: Geometry;
  /** Verified pieces. */
  readonly have: Bitfield;
  readonly storage: Storage;
  /** v2: hex of a file's root → its piece layer; grows as layers come from peers (BEP 52). */
  readonly layers: Map<string, Uint8Array>;
  /** What a piece must hash to; null while its piece layer is unknown (BEP 52). */
  hashesOf(piece: PieceIndex): PieceHashes | null;
}

/** Content with what only its torrent uses. */
export interface OpenContent extends Content {
  /** `hashesOf` with all hashes in memory for as long as it is kept; throws when they cannot be read. */
  heldHashes(): Content['hashesOf'];
  readonly selection: Selection;
}
