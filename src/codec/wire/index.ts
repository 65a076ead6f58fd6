export { WireDecoder, type WireDecoderOptions } from './decoder.ts';
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
  encodePieceHeader,
  encodePort,
  encodeReject,
  encodeRequest,
  encodeRequests,
  encodeSuggest,
  Frame,
  PIECE_HEADER_LENGTH,
} from './encoder.ts';
export { type Capabilities, decodeHandshake, encodeHandshake, HANDSHAKE_LENGTH, type Handshake, isHandshakePrefix } from './handshake.ts';
export { type BlockRequest, type Fault, type HashRequest, LARGEST_REQUEST, Message, type MessageReceiver } from './messages.ts';
