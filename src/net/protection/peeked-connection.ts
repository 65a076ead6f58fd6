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

  /**
   * `look` is shown the first bytes, 20 at the most, whenever there are more; once it says true it is asked no more.
   * `closed` is called when the connection ends before that.
   */
  constructor(below: Connection, look: (first: Uint8Array) => boolean, closed: () => void) {
    super(below);
    below.open({
      data: (view) => {
        if (!this.#isPeeking) {
          this.deliver(view);
          return;
        }
        const before = this.#first;
        this.#first = concat([before, view.subarray(0, FIRST_BYTES - before.length)]);
        if (!look(this.#first)) return;
        this.#isPeeking = false;
        this.deliver(before);
        this.deliver(view);
      },
      drain: () => this.drained(),
      close: (error) => {
        if (this.#isPeeking) closed();
        this.ended(error);
      },
    });
  }
}
