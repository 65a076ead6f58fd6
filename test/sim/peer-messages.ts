/** Received peer wire messages as values that tests can look at: fragments joined, views copied. */
import type { ByteCount, PieceIndex } from '../../src/base/units.ts';
import type { HashRequest, MessageReceiver } from '../../src/codec/wire/index.ts';

export type PeerMessage =
  | {
      readonly type: 'keepAlive' | 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone';
    }
  | { readonly type: 'have' | 'suggest' | 'allowedFast'; readonly piece: PieceIndex }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | {
      readonly type: 'request' | 'cancel' | 'reject';
      readonly piece: PieceIndex;
      readonly begin: ByteCount;
      readonly length: ByteCount;
    }
  | { readonly type: 'piece'; readonly piece: PieceIndex; readonly begin: ByteCount; readonly data: Uint8Array }
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  | { readonly type: 'hashRequest' | 'hashReject'; readonly request: HashRequest }
  | { readonly type: 'hashes'; readonly request: HashRequest; readonly hashes: Uint8Array }
  | { readonly type: 'unknown'; readonly id: number; readonly length: ByteCount };

export type MessageType = PeerMessage['type'];
type Select<M, T> = M extends { readonly type: infer Types }
  ? T extends Types
    ? M & { readonly type: T }
    : never
  : never;
/** The message of one type. */
export type MessageOf<T extends MessageType> = Select<PeerMessage, T>;

const copyRequest = (request: HashRequest): HashRequest => ({ ...request, piecesRoot: request.piecesRoot.slice() });

/** A receiver for the wire decoder that hands every complete message to `deliver`. */
export function messageReceiver(deliver: (message: PeerMessage) => void): MessageReceiver {
  let open: MessageOf<'piece'> | null = null;
  return {
    keepAlive: () => deliver({ type: 'keepAlive' }),
    choke: () => deliver({ type: 'choke' }),
    unchoke: () => deliver({ type: 'unchoke' }),
    interested: () => deliver({ type: 'interested' }),
    notInterested: () => deliver({ type: 'notInterested' }),
    haveAll: () => deliver({ type: 'haveAll' }),
    haveNone: () => deliver({ type: 'haveNone' }),
    have: (piece) => deliver({ type: 'have', piece }),
    suggest: (piece) => deliver({ type: 'suggest', piece }),
    allowedFast: (piece) => deliver({ type: 'allowedFast', piece }),
    bitfield: (bits) => deliver({ type: 'bitfield', bits: bits.slice() }),
    request: (piece, begin, length) => deliver({ type: 'request', piece, begin, length }),
    cancel: (piece, begin, length) => deliver({ type: 'cancel', piece, begin, length }),
    reject: (piece, begin, length) => deliver({ type: 'reject', piece, begin, length }),
    pieceStart(piece, begin, length) {
      open = { type: 'piece', piece, begin, data: new Uint8Array(length) };
      if (length === 0) deliver(open);
      return length > 0;
    },
    pieceFragment(at, view, start, end, isLast) {
      open?.data.set(view.subarray(start, end), at);
      if (isLast && open !== null) deliver(open);
    },
    port: (port) => deliver({ type: 'port', port }),
    extended: (id, payload) => deliver({ type: 'extended', id, payload: payload.slice() }),
    hashRequest: (request) => deliver({ type: 'hashRequest', request: copyRequest(request) }),
    hashReject: (request) => deliver({ type: 'hashReject', request: copyRequest(request) }),
    hashes: (request, hashes) => deliver({ type: 'hashes', request: copyRequest(request), hashes: hashes.slice() }),
    unknown: (id, length) => deliver({ type: 'unknown', id, length }),
  };
}
