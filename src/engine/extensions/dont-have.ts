/** BEP 54: a peer tells that it no longer has a piece. */
import type { PieceIndex } from '../../base/units.ts';
import { decodeDontHave } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { PeerExtension } from './extension.ts';

export class DontHave implements PeerExtension {
  readonly name = 'lt_donthave';
  readonly #lost: (peer: PeerSession, piece: PieceIndex) => void;

  constructor(lost: (peer: PeerSession, piece: PieceIndex) => void) {
    this.#lost = lost;
  }

  onMessage(peer: PeerSession, payload: Uint8Array): string | null {
    const piece = decodeDontHave(payload);
    if (piece === null) return 'malformed lt_donthave message';
    if (peer.have.delete(piece)) this.#lost(peer, piece);
    return null;
  }
}
