/** Pieces of nothing but pads, as v1 torrents may have them (BEP 47): nobody needs to bring or to store them. */
import { equalBytes } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Content } from './content.ts';

/** Longer pieces are not hashed here, where all else waits meanwhile: they stay missing, and unwanted. */
const LONGEST: ByteCount = 64 * 1024 * 1024;

const noHash: Uint8Array = new Uint8Array(0);

/** Takes those for had that zeros are the right bytes of. */
export function addPadPieces(content: Pick<Content, 'geometry' | 'have' | 'hashesOf'>, digests: Digests): void {
  const { geometry, have } = content;
  if (!geometry.hasPads || geometry.pieceLength > LONGEST) return;
  let [size, sha1] = [0, noHash];
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    if (have.has(piece) || geometry.payloadSize(piece) > 0) continue;
    if (size !== geometry.pieceSize(piece)) {
      size = geometry.pieceSize(piece);
      sha1 = digests.sha1(new Uint8Array(size));
    }
    if (equalBytes(content.hashesOf(piece)?.sha1 ?? noHash, sha1)) have.add(piece);
  }
}
