/** The 68-byte handshake: BEP 3, with the reserved bits of BEP 6, 10 and 52. */
import { concat, equalBytes, utf8 } from '../../base/bytes.ts';

export const HANDSHAKE_LENGTH = 68;
const protocolHeader = concat([Uint8Array.of(19), utf8('BitTorrent protocol')]);

/** Bits of the 8 reserved bytes. */
export interface Capabilities {
  /** BEP 6, reserved[7] & 0x04. */
  readonly fast: boolean;
  /** BEP 10, reserved[5] & 0x10. */
  readonly extended: boolean;
  /** BEP 5, reserved[7] & 0x01. */
  readonly dht: boolean;
  /** BEP 52: a v1 connection may be upgraded to v2, reserved[7] & 0x10. */
  readonly v2: boolean;
}

export interface Handshake extends Capabilities {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
}

export function encodeHandshake(handshake: Handshake): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_LENGTH);
  bytes.set(protocolHeader);
  if (handshake.extended) bytes[25] = 0x10;
  bytes[27] = (handshake.fast ? 0x04 : 0) | (handshake.dht ? 0x01 : 0) | (handshake.v2 ? 0x10 : 0);
  bytes.set(handshake.infoHash, 28);
  bytes.set(handshake.peerId, 48);
  return bytes;
}

/** True while the bytes so far (1 … 20) can be the beginning of a BitTorrent handshake. */
export function isHandshakePrefix(bytes: Uint8Array): boolean {
  const shared = Math.min(bytes.length, protocolHeader.length);
  return equalBytes(bytes.subarray(0, shared), protocolHeader.subarray(0, shared));
}

/** Reads 68 bytes (copies what it keeps); null when they are not a BitTorrent handshake. */
export function decodeHandshake(bytes: Uint8Array): Handshake | null {
  if (bytes.length < HANDSHAKE_LENGTH || !isHandshakePrefix(bytes.subarray(0, 20))) return null;
  return {
    fast: ((bytes[27] as number) & 0x04) !== 0,
    extended: ((bytes[25] as number) & 0x10) !== 0,
    dht: ((bytes[27] as number) & 0x01) !== 0,
    v2: ((bytes[27] as number) & 0x10) !== 0,
    infoHash: bytes.slice(28, 48),
    peerId: bytes.slice(48, 68),
  };
}
