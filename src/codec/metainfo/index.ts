/** Torrent files, info dictionaries, magnet links and what follows from them. */
export {
  encodeTorrent,
  type PlannedFile,
  planTorrent,
  type PlanOptions,
  type TorrentDetails,
  type TorrentFormat,
  type TorrentHashes,
  type TorrentPlan,
} from './creation.ts';
export { decodeMetainfo } from './decode.ts';
export { editMetainfo, type EditedMetainfo, type MetainfoChanges } from './edit.ts';
export { magnetErrors, metainfoErrors } from './errors.ts';
export { encodeMetainfo, magnetOf } from './export.ts';
export { BLOCK_LENGTH, type FileSlice, Geometry } from './geometry.ts';
export { HashTree, type HashTreeOptions } from './hash-tree.ts';
export { decodeInfo, type DecodedInfo } from './info.ts';
export { lightMetainfo, wholeInfo } from './light-metainfo.ts';
export type { MetainfoLimits } from './limits.ts';
export { decodeMagnet, encodeMagnet, type Magnet, type MagnetParts } from './magnet.ts';
export { type FileHashes, hashesOfLeaves } from './merkle.ts';
export {
  bareMetainfo,
  type FileEntry,
  type Info,
  type InfoHashes,
  type Metainfo,
  type Seal,
  swarmFiles,
  swarmHashes,
  type TransportPolicy,
} from './metainfo.ts';
export { pieceHashes } from './piece-hashes.ts';
export { safeName, unsafeReason } from './safe-path.ts';
export { contentKeys, planSealedTorrent, sealedMetainfo, type SealedPlan } from './sealed.ts';
export { trackerUrlOf } from './urls.ts';
