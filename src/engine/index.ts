/** Door of the engine. */
export { engineError, engineErrors } from './errors.ts';
export {
  type BandwidthPriority,
  defaultEngineOptions,
  type EngineOptions,
  type TorrentOptions,
} from './session/options.ts';
export { type EngineDeps, EngineSession, type SessionChanges, type SessionStats } from './session/session.ts';
export type { FileReader } from './torrent/file-readers.ts';
export type {
  FileStatus,
  PeerStatus,
  PieceMap,
  TorrentEvents,
  TorrentState,
  TorrentStatus,
  TrackerStatus,
} from './torrent/status.ts';
export type { Torrent } from './torrent/torrent.ts';
export type { RemoveOptions } from './torrent/torrent-data.ts';
export type { SharedFiles } from './session/taken-files.ts';
export type { TorrentIdentity } from './torrent/torrent-identity.ts';
export type { TrackerTiers } from './torrent/tracker-list.ts';
