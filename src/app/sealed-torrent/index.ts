/** Sealed torrents: made for their recipients, opened with a key (docs/spec/sealed-torrent.md). */
export type { TransportPolicy } from '../../codec/metainfo/index.ts';
export { createSealedTorrent, type CreatedSealedTorrent, type SealedTorrentOptions } from './create-sealed-torrent.ts';
export { describeSealed, type SealedDescription } from './describe-sealed.ts';
export { isDst as isSealed } from '../../codec/dst/index.ts';
export { decodeSealedContent, type OpenedSealedTorrent, openSealedTorrent } from './open-sealed-torrent.ts';
