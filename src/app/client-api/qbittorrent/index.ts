/** Door of qBittorrent's WebAPI. */
export { qbittorrent } from './mount.ts';
