/** Tools for torrent files and the data they describe: read, check, change. They need no session. */
export {
  decodeMagnet,
  encodeMagnet,
  type Magnet,
  magnetOf,
  type MetainfoChanges,
} from '../../codec/metainfo/index.ts';
export { readTorrentFile, readTorrentStream } from '../torrent-source.ts';
export { decodeTorrent, isMagnet } from './decode-torrent.ts';
export { editTorrent, type EditedTorrent } from './edit-torrent.ts';
export { torrentFileErrors } from './errors.ts';
export { type LocatedData, locateData } from './locate-data.ts';
export { ownNames } from './own-names.ts';
export { writeMagnet } from './magnet.ts';
export {
  type FileState,
  type VerifiedFile,
  verifyTorrent,
  type VerifyOptions,
  type VerifyReport,
} from './verify-torrent.ts';
