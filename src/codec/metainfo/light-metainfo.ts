/**
 * A torrent that keeps its large parts elsewhere: the info dictionary as it was received and the v1 piece hashes, 20 KB
 * for a thousand pieces. They are needed to check and to download pieces and when a peer asks for the metadata, which
 * thousands of torrents that wait for peers hardly ever do; then they are read again, and kept while memory is plenty.
 * Piece layers (v2) stay.
 */
import type { ByteCount } from '../../base/units.ts';
import type { FileEntry, Info, Metainfo, Seal } from './metainfo.ts';

class LightInfo implements Info {
  readonly name: string;
  readonly originalName: string;
  readonly hasV1: boolean;
  readonly hasV2: boolean;
  readonly pieceLength: ByteCount;
  readonly pieceCount: number;
  readonly files: readonly FileEntry[];
  readonly isSingleFile: boolean;
  readonly length: ByteCount;
  readonly totalSize: ByteCount;
  readonly seal: Seal | null;
  readonly isPrivate: boolean;
  readonly source: string | null;
  readonly #read: () => Metainfo;
  #whole: WeakRef<Info>;

  constructor(info: Info, read: () => Metainfo) {
    this.name = info.name;
    this.originalName = info.originalName;
    this.hasV1 = info.hasV1;
    this.hasV2 = info.hasV2;
    this.pieceLength = info.pieceLength;
    this.pieceCount = info.pieceCount;
    this.files = info.files;
    this.isSingleFile = info.isSingleFile;
    this.length = info.length;
    this.totalSize = info.totalSize;
    this.seal = info.seal;
    this.isPrivate = info.isPrivate;
    this.source = info.source;
    this.#read = read;
    this.#whole = new WeakRef(info);
  }

  get pieces(): Uint8Array | null {
    return this.whole.pieces;
  }

  get raw(): Uint8Array {
    return this.whole.raw;
  }

  /** Kept for as long as the caller keeps it. */
  get whole(): Info {
    const known = this.#whole.deref();
    if (known !== undefined) return known;
    const { info } = this.#read();
    this.#whole = new WeakRef(info);
    return info;
  }
}

/** `read` must give the same torrent whenever it is called; what it throws, those throw who need the large parts. */
export const lightMetainfo = (metainfo: Metainfo, read: () => Metainfo): Metainfo => ({
  ...metainfo,
  info: new LightInfo(metainfo.info, read),
});

/** The same with its large parts, which are read now if need be. */
export const wholeInfo = (info: Info): Info => (info instanceof LightInfo ? info.whole : info);
