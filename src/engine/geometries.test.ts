/** For tests of the engine: torrents of which only the sizes of their files matter. */
import { type FileEntry, Geometry } from '../codec/metainfo/index.ts';

/** Files of these sizes, one behind the other; a negative size is a pad. */
export function geometryOf(pieceLength: number, sizes: readonly number[]): Geometry {
  let length = 0;
  const files = sizes.map((size, index): FileEntry => {
    const path = [`${index}`];
    const file = { path, originalPath: path, length: Math.abs(size), offset: length, isPad: size < 0 };
    length += file.length;
    return { ...file, isExecutable: false, isHidden: false, symlink: null, piecesRoot: null };
  });
  return new Geometry({ pieceLength, pieceCount: Math.ceil(length / pieceLength), length, files, hasV1: true });
}
