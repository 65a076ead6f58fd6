/**
 * The way to a seeder while it is open: at another port each time, because who remembers its peers would find the seeder
 * by itself at the old one.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { addressKey, type PeerAddress } from '../../src/base/address.ts';

export class SeederDoor {
  readonly #seeder: PeerAddress;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(seeder: PeerAddress) {
    this.#seeder = seeder;
  }

  /** `host:port` of the last opening. */
  address = '';

  async open(): Promise<void> {
    const { host, port } = this.#seeder;
    this.#server = createServer((inward) => {
      const onward = connect(port, host);
      for (const [socket, other] of [
        [inward, onward],
        [onward, inward],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(0, host);
    await once(this.#server, 'listening');
    this.address = addressKey({ host, port: (this.#server.address() as AddressInfo).port });
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
