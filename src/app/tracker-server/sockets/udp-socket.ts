/** A UDP socket of the tracker: datagrams to the front, its answers back. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from '../../../base/address.ts';
import type { ByteCount } from '../../../base/units.ts';
import { listenError } from '../../../net/index.ts';
import { type ByteSink, type DatagramClient, type DatagramSink, MOST_UDP_REPLY } from '../../../tracker/index.ts';

export interface UdpSocketOptions {
  readonly host: string;
  readonly port: number;
  /** Several threads have a socket on this port, and the system spreads the datagrams over them. */
  readonly isShared: boolean;
}

/** Answers are written one after the other into pieces of memory of this size; the socket may keep one for a while. */
const SLAB: ByteCount = 64 * 1024;
/** Enough for what comes while a thread is busy for some milliseconds. */
const SOCKET_BUFFER: ByteCount = 4 * 1024 * 1024;

export class UdpSocket implements DatagramSink, AsyncDisposable {
  readonly buffer: ByteSink = { bytes: Buffer.allocUnsafeSlow(SLAB), at: 0 };
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Binds; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED. */
  static async bind(options: UdpSocketOptions): Promise<UdpSocket> {
    const socket = createSocket({
      type: isIPv6(options.host) ? 'udp6' : 'udp4',
      ipv6Only: isIPv6(options.host),
      reusePort: options.isShared,
      recvBufferSize: SOCKET_BUFFER,
      sendBufferSize: SOCKET_BUFFER,
      // Clients are numbers already: the usual lookup would put each answer off to a later turn of the event loop.
      lookup: (hostname, _options, callback) => callback(null, hostname, isIPv6(hostname) ? 6 : 4),
    });
    const isListening = once(socket, 'listening');
    socket.bind(options.port, options.host);
    await isListening.catch((cause: unknown) => {
      throw listenError(options, cause);
    });
    return new UdpSocket(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Hands datagrams on. Errors of single answers, such as an unreachable client, concern nobody. */
  start(receive: (datagram: Uint8Array, client: DatagramClient) => void): void {
    this.#socket.on('error', () => {});
    this.#socket.on('message', receive);
  }

  send(client: DatagramClient, from: number): void {
    const { buffer } = this;
    this.#socket.send(buffer.bytes, from, buffer.at - from, client.port, client.address);
    if (buffer.at <= SLAB - MOST_UDP_REPLY) return;
    buffer.bytes = Buffer.allocUnsafeSlow(SLAB);
    buffer.at = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
