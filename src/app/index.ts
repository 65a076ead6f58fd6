/** Door of the app: the session and what it tells. Tools for torrent files have a door of their own. */
export type { FileStatus, PeerStatus, TorrentEvents, TorrentState, TorrentStatus } from '../engine/index.ts';
export type { PeerIdentity } from '../net/index.ts';
export {
  type AddOptions,
  createSession,
  type Session,
  type SessionOptions,
  type SessionTorrent,
  type TorrentSource,
} from './session.ts';
