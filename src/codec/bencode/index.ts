/** Bencoding: the format of torrents, tracker replies, DHT and extension messages (BEP 3). */
export {
  BencodeDict,
  BencodeList,
  decode,
  decodeDict,
  decodePrefix,
  type BencodeValue,
  type DecodeOptions,
} from './decode.ts';
export { Encoded, encode, type Encodable } from './encode.ts';
export { bencodeErrors } from './errors.ts';
