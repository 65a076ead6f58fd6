/** Door of the app: the session and what it tells. Tools for torrent files have a door of their own. */
export type {
  FileReader,
  FileStatus,
  PeerStatus,
  PieceMap,
  SessionChanges,
  SessionStats,
  TorrentEvents,
  TorrentState,
  TorrentStatus,
  TrackerStatus,
  TrackerTiers,
} from '../engine/index.ts';
export type { PeerIdentity } from '../net/index.ts';
export {
  type AddOptions,
  createSession,
  type Session,
  type SessionOptions,
  type TorrentSource,
} from './session.ts';
export type { SessionTorrent } from './session-torrent.ts';
