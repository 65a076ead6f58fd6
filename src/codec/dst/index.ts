/** `.dst`: files sealed for their recipients (docs/spec/dst.md). */
export type { DstHead, DstKind } from './head.ts';
export { paddedLength } from './padding.ts';
export { CHUNKS_HEAD } from './chunks.ts';
export { DstOpener, openDst } from './open.ts';
export {
  hybridIdentity,
  hybridRecipient,
  passphraseIdentity,
  passphraseRecipient,
  rsaHybridIdentity,
  type RsaHybridKey,
  rsaHybridRecipient,
  rsaIdentity,
  rsaRecipient,
} from './recipients.ts';
export { DST_VERSION, DstSealer, isDst, sealDst } from './seal.ts';
export type { Signer } from './signature.ts';
export { carrierNameOf, decodeTorrentContent, encodeTorrentContent } from './torrent-content.ts';
