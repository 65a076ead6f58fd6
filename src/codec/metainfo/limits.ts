/** Bounds that keep a hostile torrent from costing much; genuine ones stay far below. */
import type { ByteCount } from '../../base/units.ts';

export interface MetainfoLimits {
  /** Largest torrent file or info dictionary, bytes. */
  readonly size: ByteCount;
  /** Deepest nesting of the bencoded data. */
  readonly depth: number;
  /** Most bencoded tokens. */
  readonly tokens: number;
  /** Most pieces. */
  readonly pieces: number;
  /** Most elements of a path. */
  readonly pathDepth: number;
  /** How often one path may be taken before the torrent is refused; fewer duplicates are renamed. */
  readonly duplicates: number;
}

/** The pieces of a 32 TiB torrent with 16 MiB each; the largest known torrents have some hundred thousand. */
export const MOST_PIECES = 2_097_152;

export const defaultMetainfoLimits: MetainfoLimits = {
  size: 64 * 1024 * 1024,
  depth: 100,
  tokens: 3_000_000,
  pieces: MOST_PIECES,
  pathDepth: 100,
  duplicates: 100,
};

/** Longest piece, bytes: common practice; larger ones can be neither buffered nor blamed on a peer. */
export const LONGEST_PIECE: ByteCount = 512 * 1024 * 1024;
