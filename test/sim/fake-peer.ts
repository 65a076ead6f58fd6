/**
 * A scripted peer: the remote end of a real session in a protocol test. It speaks the wire format over any Transport,
 * but does nothing by itself: the test sends, expects and misbehaves. Every message received is recorded, and each is
 * claimed by at most one `expect`, so that a test may expect messages in another order than they come in.
 */
import type { PeerAddress } from '../../src/base/address.ts';
import { concat, utf8 } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { ByteCount, Millis, PieceIndex } from '../../src/base/units.ts';
import {
  type Capabilities,
  decodeHandshake,
  encodeHandshake,
  encodePieceHeader,
  HANDSHAKE_LENGTH,
  type Handshake,
  PIECE_HEADER_LENGTH,
  WireDecoder,
} from '../../src/codec/wire/index.ts';
import type { Connection, Listener, Transport } from '../../src/net/transport.ts';
import { messageReceiver, type MessageOf, type MessageType, type PeerMessage } from './peer-messages.ts';

/** How long an expectation may stay open, ms of the peer's clock. */
const PATIENCE: Millis = 60_000;

/** A listener that hands out connections as scripted peers, in the order of their arrival. */
export interface FakeListener {
  readonly address: PeerAddress;
  /** The next peer that connects. */
  next(): Promise<FakePeer>;
  close(): Promise<void>;
}

export class FakePeer {
  readonly connection: Connection;
  /** Every message since the handshake, in order. */
  readonly received: PeerMessage[] = [];
  /** Called for each message as it comes, for peers that answer. */
  onMessage: (message: PeerMessage) => void = () => {};
  readonly #clock: Clock;
  readonly #head = new Uint8Array(HANDSHAKE_LENGTH);
  #headLength = 0;
  readonly #claimed = new Set<PeerMessage>();
  /** Undefined while the connection is open. */
  #end: Error | null | undefined = undefined;
  #watchers: Array<() => void> = [];

  private constructor(connection: Connection, clock: Clock) {
    this.connection = connection;
    this.#clock = clock;
    const decoder = new WireDecoder(
      messageReceiver((message) => {
        this.received.push(message);
        this.onMessage(message);
      }),
    );
    connection.open({
      data: (view) => {
        const part = view.subarray(0, HANDSHAKE_LENGTH - this.#headLength);
        this.#head.set(part, this.#headLength);
        this.#headLength += part.length;
        const fault = decoder.receive(view.subarray(part.length));
        if (fault !== null) throw new Error(`the session sent what no peer understands: ${fault.message}`);
        this.#notify();
      },
      drain: () => {},
      close: (error) => {
        this.#end = error;
        this.#notify();
      },
    });
  }

  /** Dials a session. */
  static async connect(transport: Transport, address: PeerAddress, clock: Clock): Promise<FakePeer> {
    return new FakePeer(await transport.dial(address), clock);
  }

  /** Waits at an address to be dialled by a session. */
  static async listen(transport: Transport, address: PeerAddress, clock: Clock): Promise<FakeListener> {
    const arrived: FakePeer[] = [];
    const waiting: Array<(peer: FakePeer) => void> = [];
    const listener: Listener = await transport.listen(address, (connection) => {
      const peer = new FakePeer(connection, clock);
      const next = waiting.shift();
      if (next === undefined) arrived.push(peer);
      else next(peer);
    });
    return {
      address: listener.address,
      next: async () => arrived.shift() ?? new Promise<FakePeer>((resolve) => waiting.push(resolve)),
      close: () => listener.close(),
    };
  }

  /** Null while the connection is open, else how it ended. */
  get ended(): { readonly error: Error | null } | null {
    return this.#end === undefined ? null : { error: this.#end };
  }

  /** Sends our handshake. `capabilities` are off unless named; the peer id is made of `name`. */
  handshake(infoHash: Uint8Array, capabilities: Partial<Capabilities> = {}, name = 'fake'): void {
    const peerId = utf8(`-XX0001-${name}`.padEnd(20, '.').slice(0, 20));
    const none: Capabilities = { fast: false, extended: false, dht: false, v2: false };
    this.send(encodeHandshake({ ...none, ...capabilities, infoHash, peerId }));
  }

  /** Sends any bytes: messages of the encoders, or nonsense. */
  send(...frames: readonly Uint8Array[]): void {
    this.connection.send(concat(frames));
  }

  /** Sends one block, or what passes for it. */
  sendPiece(piece: PieceIndex, begin: ByteCount, data: Uint8Array): void {
    const head = new Uint8Array(PIECE_HEADER_LENGTH);
    encodePieceHeader(head, 0, piece, begin, data.length);
    this.send(head, data);
  }

  close(): void {
    this.connection.close();
  }

  /** The session's handshake. */
  async expectHandshake(): Promise<Handshake> {
    await this.#until(() => this.#headLength === HANDSHAKE_LENGTH, 'handshake');
    const handshake = decodeHandshake(this.#head);
    if (handshake === null) throw new Error('the session sent no BitTorrent handshake');
    return handshake;
  }

  /** The first message of this type that was not expected before and that `isMeant`, received already or to come. */
  async expect<T extends MessageType>(
    type: T,
    isMeant: (message: MessageOf<T>) => boolean = () => true,
  ): Promise<MessageOf<T>> {
    let found: MessageOf<T> | undefined;
    await this.#until(() => {
      found = this.#unclaimed(type).find(isMeant);
      return found !== undefined;
    }, type);
    this.#claimed.add(found as PeerMessage);
    return found as MessageOf<T>;
  }

  /** Lets time pass and throws when an unexpected message of this type is, or comes, in. */
  async expectNone(type: MessageType, duration: Millis): Promise<void> {
    await this.#clock.sleep(duration);
    const count = this.#unclaimed(type).length;
    if (count > 0) throw new Error(`the session sent ${type} ${count} times; ${this.#story()}`);
  }

  /** The end of the connection; resolves with its error. */
  async expectClose(): Promise<Error | null> {
    await this.#until(() => this.#end !== undefined, 'close');
    return this.#end ?? null;
  }

  #unclaimed<T extends MessageType>(type: T): Array<MessageOf<T>> {
    return this.received.filter(
      (message): message is MessageOf<T> => message.type === type && !this.#claimed.has(message),
    );
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    let isOver = false;
    using _patience = this.#clock.after(PATIENCE, () => {
      isOver = true;
      this.#notify();
    });
    while (!condition()) {
      if (isOver) throw new Error(`no ${what} within ${PATIENCE} ms; ${this.#story()}`);
      if (this.#end !== undefined) throw new Error(`the connection ended before ${what}; ${this.#story()}`);
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  #story(): string {
    return `received: ${this.received.map(({ type }) => type).join(', ') || 'nothing'}`;
  }

  #notify(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
