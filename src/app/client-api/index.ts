/** Door of the client's APIs. */
export type { ApiMount } from './context.ts';
export { socketErrors } from './errors.ts';
export type { MetricsSource } from './health.ts';
export { ClientServer } from './server.ts';
export type { TorrentFetch } from './torrent-fetch.ts';
export { qbittorrent } from './qbittorrent/index.ts';
export { transmissionRpc } from './transmission/index.ts';
