/** Announces over UDP as fast as wanted, of many peers in many swarms, each finishing its download once. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { toHex } from '../../src/base/bytes.ts';
import { decodeUdpTrackerReply, encodeUdpTrackerRequest } from '../../src/codec/announce/index.ts';

const TICK_MS = 5;
const RECONNECT_TICKS = 50;

export class AnnounceLoad implements AsyncDisposable {
  /** Announces that were answered. */
  answered = 0;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #infoHashes: readonly Uint8Array[];
  readonly #rate: number;
  #connectionId: Uint8Array | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ticks = 0;
  #next = 0;

  private constructor(socket: Socket, port: number, infoHashes: readonly Uint8Array[], rate: number) {
    this.#socket = socket;
    this.#port = port;
    this.#infoHashes = infoHashes;
    this.#rate = rate;
  }

  /** Sends `rate` announces a second to a tracker at 127.0.0.1. */
  static async start(port: number, infoHashes: readonly Uint8Array[], rate: number): Promise<AnnounceLoad> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const load = new AnnounceLoad(socket, port, infoHashes, rate);
    socket.on('error', () => {}); // nobody listens while the tracker is down
    socket.on('message', (message) => load.#receive(message));
    load.#timer = setInterval(() => load.#send(), TICK_MS);
    return load;
  }

  #receive(message: Uint8Array): void {
    const reply = decodeUdpTrackerReply(message, 4);
    if (reply?.action === 'connect') this.#connectionId = reply.connectionId;
    if (reply?.action === 'announce') this.answered++;
  }

  #send(): void {
    // A tracker that has started again may not know the connection id.
    if (this.#ticks++ % RECONNECT_TICKS === 0) {
      this.#socket.send(encodeUdpTrackerRequest({ action: 'connect', transactionId: 1 }), this.#port, '127.0.0.1');
    }
    if (this.#connectionId === null) return;
    for (let i = 0; i < (this.#rate * TICK_MS) / 1000; i++) this.#announce(this.#next++, this.#connectionId);
  }

  /** Peer after peer, first as a downloader, then as one that has finished. */
  #announce(index: number, connectionId: Uint8Array): void {
    const peer = index >> 1;
    const isFinished = (index & 1) === 1;
    const message = encodeUdpTrackerRequest({
      action: 'announce',
      connectionId,
      transactionId: index,
      urlData: null,
      request: {
        infoHash: this.#infoHashes[peer % this.#infoHashes.length] as Uint8Array,
        peerId: new Uint8Array(20),
        port: 1024 + (peer % 60_000),
        uploaded: 0,
        downloaded: 0,
        left: isFinished ? 0 : 1,
        event: isFinished ? 'completed' : 'started',
        numWant: 50,
        key: toHex(new Uint8Array(4)),
        trackerId: null,
        isCompact: true,
        claimedHosts: [],
      },
    });
    this.#socket.send(message, this.#port, '127.0.0.1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
