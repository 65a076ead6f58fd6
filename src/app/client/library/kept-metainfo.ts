/** What is kept of a torrent: decoded, made of bare metadata, or found to lack something. */
import { concat, toHex, utf8 } from '../../../base/bytes.ts';
import { messageOf } from '../../../base/errors.ts';
import { lightMetainfo, type Metainfo } from '../../../codec/metainfo/index.ts';
import { decodeSealedContent } from '../../sealed-torrent/index.ts';
import { decodeTorrent } from '../../torrent-file/index.ts';
import { clientError } from '../errors.ts';
import type { KeptMetainfo } from './metainfo-folder.ts';

/** Throws METAINFO_*, BENCODE_* and SEALED_*. */
export const decodeKept = ({ kind, bytes }: KeptMetainfo): Metainfo =>
  kind === 'sealed' ? decodeSealedContent(bytes) : decodeTorrent(bytes);

/** The same, whose large parts are read again when they are needed; then it throws CLIENT_METAINFO_LOST when that fails. */
export const decodeLight = (kept: KeptMetainfo, readAgain: (kind: KeptMetainfo['kind']) => KeptMetainfo): Metainfo => {
  // What is read again may not keep what was read.
  const { kind } = kept;
  return lightMetainfo(decodeKept(kept), () => {
    try {
      return decodeKept(readAgain(kind));
    } catch (cause) {
      throw clientError('CLIENT_METAINFO_LOST', `the torrent file cannot be read: ${messageOf(cause)}`, { cause });
    }
  });
};

/** A torrent file of nothing but the info dictionary. */
export const bareTorrentFile = ({ info }: Metainfo): Uint8Array => concat([utf8('d4:info'), info.raw, utf8('e')]);

/** Whether it has all hashes that are needed to verify its pieces (BEP 52). */
export const hasPieceLayers = ({ info, pieceLayers }: Metainfo): boolean =>
  info.seal !== null ||
  info.files.every(
    ({ piecesRoot, length }) => piecesRoot === null || length <= info.pieceLength || pieceLayers.has(toHex(piecesRoot)),
  );
