/** Door of the engine. */
export type { EngineOptions, TorrentOptions } from './session/options.ts';
export type { FileStatus, PeerStatus, TorrentEvents, TorrentState, TorrentStatus } from './torrent/status.ts';
