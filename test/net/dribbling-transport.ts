/** A transport over another one that delivers bytes one by one: whoever waits for more must keep what it has. */
import { RelayConnection } from '../../src/net/protection/index.ts';
import type { Connection, Transport } from '../../src/net/transport.ts';

/** So many of each direction come one by one: any handshake, and some of the stream. */
const DRIBBLED = 10_000;

class DribblingConnection extends RelayConnection {
  constructor(below: Connection) {
    super(below);
    let dribbled = 0;
    below.open({
      data: (view) => {
        let at = 0;
        for (; at < view.length && dribbled < DRIBBLED; at++, dribbled++) this.deliver(view.subarray(at, at + 1));
        this.deliver(view.subarray(at));
      },
      drain: () => this.drained(),
      close: (error) => this.ended(error),
    });
  }
}

export function dribbling(transport: Transport): Transport {
  return {
    dial: async (address, options) => new DribblingConnection(await transport.dial(address, options)),
    listen: (address, onConnection) =>
      transport.listen(address, (connection) => onConnection(new DribblingConnection(connection))),
  };
}
