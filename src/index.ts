/** The public API of `dst-torrent`, by name. README.md shows it at work. */
export {
  type AddOptions,
  createSession,
  type FileReader,
  type FileStatus,
  type PeerIdentity,
  type PeerStatus,
  type PieceMap,
  type Session,
  type SessionChanges,
  type SessionOptions,
  type SessionStats,
  type SessionTorrent,
  type TorrentEvents,
  type TorrentSource,
  type TorrentState,
  type TorrentStatus,
  type TrackerStatus,
  type TrackerTiers,
} from './app/index.ts';
export {
  keptNames,
  type NamedRecipient,
  readRecipient,
  type RecipientOptions,
  type UnlockedIdentity,
  unlockIdentity,
} from './app/keys/index.ts';
export {
  type CreatedSealedTorrent,
  createSealedTorrent,
  type OpenedSealedTorrent,
  openSealedTorrent,
  type SealedTorrentOptions,
  type TransportPolicy,
} from './app/sealed-torrent/index.ts';
export {
  createTorrent,
  type CreatedTorrent,
  type CreateOptions,
  type SkippedFile,
  type TorrentFormat,
} from './app/torrent-creation/index.ts';
export {
  decodeMagnet,
  decodeTorrent,
  type EditedTorrent,
  editTorrent,
  encodeMagnet,
  type FileState,
  type Magnet,
  magnetOf,
  type MetainfoChanges,
  type VerifiedFile,
  type VerifyOptions,
  type VerifyReport,
  verifyTorrent,
} from './app/torrent-file/index.ts';
export type { PeerAddress } from './base/address.ts';
export { DstError, type ErrorCategory } from './base/errors.ts';
export type { Logger } from './base/logger.ts';
export { version } from './base/version.ts';
export type { FileEntry, Info, InfoHashes, Metainfo } from './codec/metainfo/index.ts';
