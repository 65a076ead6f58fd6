/** A scripted peer that speaks the extension protocol (BEP 10), and its part in the exchange of metadata (BEP 9). */
import {
  decodeExtensionHandshake,
  decodeMetadataMessage,
  encodeExtended,
  encodeExtensionHandshake,
  encodeMetadataMessage,
  type ExtensionHandshake,
  METADATA_PIECE_LENGTH,
  type MetadataMessage,
} from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import type { PeerOptions, Stage } from './engine-stage.ts';

/** The scripted peer's own numbers for its extensions. */
export const METADATA_ID = 3;
export const DONT_HAVE_ID = 7;
const allIds: ReadonlyMap<string, number> = new Map([
  ['ut_metadata', METADATA_ID],
  ['lt_donthave', DONT_HAVE_ID],
]);

/** Sends an extension handshake; with all extensions, unless other `ids` are given. */
export function sendHandshake(peer: FakePeer, handshake: Partial<ExtensionHandshake> = {}): void {
  peer.send(encodeExtended(0, encodeExtensionHandshake({ ids: allIds, ...handshake })));
}

/** The next extension handshake of the session. */
export async function expectHandshake(peer: FakePeer): Promise<ExtensionHandshake> {
  const { payload } = await peer.expect('extended', ({ id }) => id === 0);
  return decodeExtensionHandshake(payload) as ExtensionHandshake;
}

/** A peer that has exchanged extension handshakes; `theirs` is the session's. */
export async function extensionPeer(
  stage: Stage,
  handshake: Partial<ExtensionHandshake> = {},
  options: PeerOptions = {},
): Promise<{ peer: FakePeer; theirs: ExtensionHandshake }> {
  const peer = await stage.peer({ fast: true, extended: true, ...options });
  const theirs = await expectHandshake(peer);
  sendHandshake(peer, handshake);
  return { peer, theirs };
}

/** Metadata messages that came to a peer, those of other extensions left out. */
export function metadataMessages(peer: FakePeer): MetadataMessage[] {
  return peer.received.flatMap((message) => {
    const decoded =
      message.type === 'extended' && message.id === METADATA_ID ? decodeMetadataMessage(message.payload) : null;
    return decoded === null ? [] : [decoded];
  });
}

/** What a peer answers to a request for a piece of metadata: its bytes, others, silence or a reject. */
export type MetadataAnswer = (piece: number, data: Uint8Array) => Uint8Array | null | 'reject';

/** A peer that offers `raw` as the metadata. */
export async function metadataPeer(
  stage: Stage,
  raw: Uint8Array,
  answer: MetadataAnswer = (_, data) => data,
  options: PeerOptions & { size?: number } = {},
): Promise<FakePeer> {
  const { size = raw.length } = options;
  const { peer, theirs } = await extensionPeer(stage, {}, options);
  const id = theirs.ids.get('ut_metadata') as number;
  peer.onMessage = (message) => {
    if (message.type !== 'extended' || message.id !== METADATA_ID) return;
    const request = decodeMetadataMessage(message.payload);
    if (request?.type !== 'request') return;
    const { piece } = request;
    const from = piece * METADATA_PIECE_LENGTH;
    const given = answer(piece, raw.slice(from, from + METADATA_PIECE_LENGTH));
    if (given === null) return;
    const reply: MetadataMessage =
      given === 'reject' ? { type: 'reject', piece } : { type: 'data', piece, totalSize: size, data: given };
    peer.send(encodeExtended(id, encodeMetadataMessage(reply)));
  };
  sendHandshake(peer, { metadataSize: size });
  return peer;
}
