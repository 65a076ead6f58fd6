/** Torrent files, info dictionaries, magnet links and what follows from them. */
export { decodeMetainfo } from './decode.ts';
export { magnetErrors, metainfoErrors } from './errors.ts';
export { BLOCK_LENGTH, type FileSlice, Geometry } from './geometry.ts';
export { HashTree, type HashTreeOptions } from './hash-tree.ts';
export { decodeInfo, type DecodedInfo } from './info.ts';
export type { MetainfoLimits } from './limits.ts';
export { decodeMagnet, encodeMagnet, type Magnet, type MagnetParts } from './magnet.ts';
export { type FileEntry, type Info, type InfoHashes, type Metainfo, swarmHashes } from './metainfo.ts';
export { pieceHashes } from './piece-hashes.ts';
