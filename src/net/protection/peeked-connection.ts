/** A connection that came in, and whose first bytes are looked at before it is known who goes on with it. */
import { concat } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Connection } from '../transport.ts';
import { RelayConnection } from './relay-connection.ts';

/** As much as tells a BitTorrent handshake (BEP 3): the length and "BitTorrent protocol". */
export const FIRST_BYTES: ByteCount = 20;

export class PeekedConnection extends RelayConnection {
  #first: Uint8Array = new Uint8Array(0);
  #isPeeking = true;
  /** Takes each step in which what came is delivered, or does not; null: nobody has to look at that. */
  step: ((deliver: () => void) => void) | null = null;

  /**
   * `look` is shown all that has come, whenever there is more; once it says true it is asked no more, and all is
   * delivered. `closed` is called when the connection ends before that.
   */
  constructor(below: Connection, look: (first: Uint8Array) => boolean, closed: () => void) {
    super(below);
    below.open({
      data: (view) => {
        if (!this.#isPeeking) {
          this.#pass(view);
          return;
        }
        this.#first = concat([this.#first, view]);
        if (!look(this.#first)) return;
        this.#isPeeking = false;
        this.#pass(this.#first);
        this.#first = new Uint8Array(0);
      },
      drain: () => this.drained(),
      close: (error) => {
        if (this.#isPeeking) closed();
        this.ended(error);
      },
    });
  }

  #pass(view: Uint8Array): void {
    if (this.step === null) this.deliver(view);
    else this.step(() => this.deliver(view));
  }
}
