/** Small torrents with known content, for tests of storages. */
import { createCipheriv } from 'node:crypto';
import { Bitfield } from '../../src/base/bitfield.ts';
import {
  decodeMetainfo,
  Geometry,
  type InfoHashes,
  pieceHashes,
  type TorrentFormat,
} from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { BufferPool, type PieceHashes, type PoolBuffer, type Storage } from '../../src/storage/index.ts';
import { buildTorrent, content, type ContentFile } from '../conformance/build-torrent.ts';

export interface Sample {
  readonly geometry: Geometry;
  readonly infoHashes: InfoHashes;
  /** Of a sealed torrent. */
  readonly contentKey: Uint8Array | null;
  readonly pool: BufferPool;
  readonly all: Bitfield;
  /** The right bytes of the piece space. */
  bytes(offset: number, length: number): Uint8Array;
  readonly expected: (piece: number) => PieceHashes;
  /** The right bytes of a file, by its path below the torrent's folder. */
  fileContent(path: string): Uint8Array;
  /** Index of a file, by its path below the torrent's folder. */
  file(path: string): number;
  /** A pool buffer with the right bytes of a piece. */
  piece(index: number): PoolBuffer;
  pieces(...indices: number[]): Bitfield;
  /** Commits pieces; all when none is named. */
  store(storage: Storage, indices?: Iterable<number>): Promise<void>;
  /** What the storage answers when it reads the whole of a piece. */
  readPiece(storage: Storage, piece: number): Promise<Uint8Array>;
}

export interface SampleOptions {
  readonly format?: TorrentFormat;
  readonly pieceLength?: number;
  readonly isSingleFile?: boolean;
  /** A sealed torrent: the piece space is ciphertext. */
  readonly contentKey?: Uint8Array | null;
}

/** Path and length of each file; or more than a length. */
export type SampleFiles = Readonly<Record<string, number | Omit<ContentFile, 'path'>>>;

export function makeSample(files: SampleFiles, options: SampleOptions = {}): Sample {
  const { format = 'v1', pieceLength = 16384, isSingleFile = false, contentKey = null } = options;
  const contents: ContentFile[] = Object.entries(files).map(([path, file], i) =>
    typeof file === 'number' ? { path, content: content(file, i) } : { path, ...file },
  );
  const built = buildTorrent(contents, { format, pieceLength, isSingleFile });
  const { info, infoHashes, pieceLayers } = decodeMetainfo(built.bytes, nodeDigests);
  const geometry = new Geometry(info);
  const space = new Uint8Array(geometry.length);
  const contentOf = (path: string): Uint8Array =>
    contents.find((one) => one.path === path)?.content ?? new Uint8Array(0);
  for (const file of info.files)
    if (!file.isPad)
      space.set(isSingleFile ? (contents[0]?.content ?? space) : contentOf(file.originalPath.join('/')), file.offset);
  if (contentKey !== null) {
    const cipher = createCipheriv('aes-256-ctr', contentKey, new Uint8Array(16));
    space.set(cipher.update(space));
  }
  const pool = new BufferPool({ budget: 1e9 });
  const sample: Sample = {
    geometry,
    infoHashes,
    contentKey,
    pool,
    all: Bitfield.full(geometry.pieceCount),
    bytes: (offset, length) => space.slice(offset, offset + length),
    expected: (piece) =>
      contentKey === null
        ? pieceHashes(info, pieceLayers, piece)
        : {
            sha1: nodeDigests.sha1(sample.bytes(geometry.pieceOffset(piece), geometry.pieceSize(piece))),
            merkle: null,
          },
    fileContent: contentOf,
    file: (path) => info.files.findIndex((file) => file.originalPath.join('/') === path),
    piece: (index) => {
      const buffer = pool.take(geometry.pieceSize(index)) as PoolBuffer;
      buffer.bytes.set(sample.bytes(geometry.pieceOffset(index), buffer.bytes.length));
      return buffer;
    },
    pieces: (...indices) => {
      const field = new Bitfield(geometry.pieceCount);
      for (const index of indices) field.add(index);
      return field;
    },
    store: async (storage, indices = sample.all) => {
      await Promise.all(
        [...indices].map(async (index) => {
          const buffer = sample.piece(index);
          const result = await storage.commit(index, buffer, sample.expected(index));
          buffer.release();
          if (result !== 'stored') throw new Error(`piece ${index}: ${result}`);
        }),
      );
    },
    readPiece: async (storage, piece) => {
      const length = geometry.pieceSize(piece);
      const buffer = pool.take(length) as PoolBuffer;
      buffer.bytes.fill(0xee);
      await storage.read(buffer, [{ offset: geometry.pieceOffset(piece), at: 0, length }]);
      const bytes = buffer.bytes.slice();
      buffer.release();
      return bytes;
    },
  };
  return sample;
}
