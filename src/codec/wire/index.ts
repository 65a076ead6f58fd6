/** The peer wire protocol: BEP 3, 6, 9, 10, 20, 21, 52 and 54. */
export { allowedFastSet } from './allowed-fast.ts';
export { WireDecoder, type WireDecoderOptions } from './decoder.ts';
export { decodeDontHave, encodeDontHave } from './dont-have.ts';
export {
  type BlockRange,
  encodeAllowedFast,
  encodeBitfield,
  encodeCancel,
  encodeExtended,
  encodeHashes,
  encodeHashReject,
  encodeHashRequest,
  encodeHave,
  encodeHaves,
  encodePieceHeader,
  encodePort,
  encodeReject,
  encodeRequest,
  encodeRequests,
  encodeSuggest,
  Frame,
  PIECE_HEADER_LENGTH,
} from './encoder.ts';
export { wireErrors } from './errors.ts';
export { decodeExtensionHandshake, encodeExtensionHandshake, type ExtensionHandshake } from './extension-handshake.ts';
export {
  type Capabilities,
  decodeHandshake,
  encodeHandshake,
  HANDSHAKE_LENGTH,
  type Handshake,
  isHandshakePrefix,
} from './handshake.ts';
export {
  type BlockRequest,
  type Fault,
  type HashRequest,
  LARGEST_REQUEST,
  Message,
  type MessageReceiver,
} from './messages.ts';
export { clientName, createPeerId } from './peer-id.ts';
export {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PIECE_LENGTH,
  type MetadataMessage,
} from './ut-metadata.ts';
