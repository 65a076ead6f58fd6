/** The byte stream of one peer after its handshake: connection → decoder → receiver, and what follows each chunk. */
import { WireDecoder } from '../../codec/wire/index.ts';
import { PeerReceiver } from './peer-receiver.ts';
import type { PeerHost, PeerSession } from './peer-session.ts';

export class PeerStream {
  readonly #peer: PeerSession;
  readonly #host: PeerHost;
  readonly #decoder: WireDecoder;
  #knowsCount = false;

  constructor(peer: PeerSession, host: PeerHost) {
    this.#peer = peer;
    this.#host = host;
    this.#decoder = new WireDecoder(new PeerReceiver(peer, host));
  }

  /** Bytes in order; the view is valid only during the call. */
  receive(view: Uint8Array): void {
    if (this.#peer.isClosed) return;
    if (!this.#knowsCount && this.#host.geometry !== null) {
      this.#knowsCount = true;
      this.#decoder.setPieceCount(this.#host.geometry.pieceCount);
    }
    this.#peer.heard();
    const fault = this.#decoder.receive(view);
    if (fault !== null) this.#peer.close(`${fault.code}: ${fault.message}`);
    else this.#peer.requestMore();
    if (this.#host.isDownloadExhausted()) this.#host.throttle(this.#peer);
  }
}
