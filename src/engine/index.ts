/** Door of the engine. */
export { engineError, engineErrors } from './errors.ts';
export { defaultEngineOptions, type EngineOptions, type TorrentOptions } from './session/options.ts';
export { type EngineDeps, EngineSession } from './session/session.ts';
export type { FileStatus, PeerStatus, TorrentEvents, TorrentState, TorrentStatus } from './torrent/status.ts';
export type { Torrent } from './torrent/torrent.ts';
export type { TorrentIdentity } from './torrent/torrent-identity.ts';
