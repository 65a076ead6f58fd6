/** The byte stream of one peer after its handshake: connection → decoder → receiver, and what follows each chunk. */
import type { ByteCount } from '../../base/units.ts';
import { type Fault, WireDecoder } from '../../codec/wire/index.ts';
import { PeerReceiver } from './peer-receiver.ts';
import type { PeerHost, PeerSession } from './peer-session.ts';

/** Stops the decoder when the session ends in the middle of a view. */
const over: Fault = { code: 'WIRE_UNSOLICITED', message: 'the session has ended' };

/** Longest extension message that is taken in, bytes: metadata comes in pieces of 16 KiB (BEP 9). */
const LARGEST_EXTENDED: ByteCount = 64 * 1024;

export class PeerStream {
  readonly #peer: PeerSession;
  readonly #host: PeerHost;
  readonly #receiver: PeerReceiver;
  readonly #decoder: WireDecoder;
  #knowsCount = false;

  constructor(peer: PeerSession, host: PeerHost) {
    this.#peer = peer;
    this.#host = host;
    this.#receiver = new PeerReceiver(peer, host);
    this.#decoder = new WireDecoder(this.#receiver, { largestExtended: LARGEST_EXTENDED });
    peer.ended = () => this.#decoder.fail(over);
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
    this.#receiver.settle();
    if (fault !== null) {
      this.#peer.close(`${fault.code}: ${fault.message}`);
      return;
    }
    this.#peer.requestMore();
    if (this.#host.isDownloadExhausted()) this.#host.throttle(this.#peer);
  }
}
