/** Making torrents. A folder of its own: little is loaded before the hashing workers are started. */
export type { TorrentFormat } from '../../codec/metainfo/index.ts';
export { createTorrent, type CreatedTorrent, type CreateOptions } from './create-torrent.ts';
export { creationErrors } from './errors.ts';
export type { SkippedFile } from './list-files.ts';
