/** The `ut_metadata` messages of BEP 9: the info dictionary in 16 KiB pieces from peer to peer. */
import { concat } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { encode } from '../bencode/index.ts';
import { decodeDictPrefix } from './extension-handshake.ts';

/** Size of each piece of metadata but the last. */
export const METADATA_PIECE_LENGTH: ByteCount = 16 * 1024;

export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  | {
      readonly type: 'data';
      readonly piece: number;
      /** Size of the whole metadata; null when the sender does not say. */
      readonly totalSize: ByteCount | null;
      /** 1 … 16384 bytes; when decoded, a view of the payload. */
      readonly data: Uint8Array;
    }
  /** A type of the future: to be ignored. */
  | { readonly type: 'unknown' };

const types = ['request', 'data', 'reject'] as const;

/** Payload of the extended message. */
export function encodeMetadataMessage(message: Exclude<MetadataMessage, { type: 'unknown' }>): Uint8Array {
  const msgType = types.indexOf(message.type);
  if (message.type !== 'data') return encode({ msg_type: msgType, piece: message.piece });
  return concat([
    encode({ msg_type: msgType, piece: message.piece, total_size: message.totalSize ?? undefined }),
    message.data,
  ]);
}

/** Null when the payload is not such a message. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage | null {
  const prefix = decodeDictPrefix(payload);
  const msgType = prefix?.dict.int('msg_type') ?? null;
  if (prefix === null || msgType === null) return null;
  const type = types[msgType];
  if (type === undefined) return { type: 'unknown' };
  const piece = prefix.dict.int('piece');
  if (piece === null || piece < 0) return null;
  if (type !== 'data') return { type, piece };
  const data = payload.subarray(prefix.end);
  if (data.length === 0 || data.length > METADATA_PIECE_LENGTH) return null;
  return { type, piece, totalSize: prefix.dict.int('total_size'), data };
}
