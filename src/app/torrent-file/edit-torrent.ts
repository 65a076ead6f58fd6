/** Changing a torrent file and knowing what became of its identity. */
import { editMetainfo, type Metainfo, type MetainfoChanges } from '../../codec/metainfo/index.ts';
import { decodeTorrent } from './decode-torrent.ts';

export interface EditedTorrent {
  readonly bytes: Uint8Array;
  readonly before: Metainfo;
  readonly after: Metainfo;
  /** True when the info hash is another: it is a new torrent, with a swarm of its own. */
  readonly infoChanged: boolean;
}

/**
 * Applies changes to a torrent file's bytes; everything else in it stays as it is. Changes may be computed from what
 * the torrent says. Throws METAINFO_* and BENCODE_* for a bad torrent, or for changes that would make one.
 */
export function editTorrent(
  bytes: Uint8Array,
  changes: MetainfoChanges | ((before: Metainfo) => MetainfoChanges),
): EditedTorrent {
  const before = decodeTorrent(bytes);
  const edited = editMetainfo(bytes, typeof changes === 'function' ? changes(before) : changes);
  return { ...edited, before, after: decodeTorrent(edited.bytes) };
}
