/**
 * The Transport port: how bytes travel between two peers. It is shaped by its hot path. Received data comes by plain
 * callback, because a promise or an event for each 64 KiB costs more than parsing it; a received view is valid only
 * during the call, because the receive buffer is reused. Sending tells the caller when to stop (`send` returns
 * false), receiving can be paused: backpressure is part of the contract. Encryption and obfuscation are
 * `Transport -> Transport` functions, so that their order is visible where they are composed.
 */
import type { PeerAddress } from '../base/address.ts';
import type { ByteCount } from '../base/units.ts';

export interface ConnectionHandlers {
  /** Bytes in order. The view is valid only during the call, and the callee's to overwrite: decryption works in place. */
  data(view: Uint8Array): void;
  /** After `send` returned false: the queue has run low again. */
  drain(): void;
  /** Called exactly once; `error` is null for an orderly end from either side. */
  close(error: Error | null): void;
}

/** Who a peer has proved to be. */
export interface PeerIdentity {
  /** Of its signing key (docs/spec/identity.md). */
  readonly fingerprint: string;
  /** What it is called here, not by itself; null when it is not known here. */
  readonly name: string | null;
}

export interface Connection {
  readonly remote: PeerAddress;
  readonly isIncoming: boolean;
  /** What protects the bytes on their way (the name of a `Protection`); nothing when it is not there. */
  readonly protection?: string | undefined;
  /** The swarm whose secret the remote has proved to know, 20 bytes; nothing when it has not. */
  readonly provenSwarm?: Uint8Array | undefined;
  /** Who the remote, with the secret of that swarm, has proved to be; nothing when it has not, which is the rule. */
  readonly provenIdentity?: PeerIdentity | undefined;
  /** Installs the handlers; data that came before is delivered after this call. Call it once, at once. */
  open(handlers: ConnectionHandlers): void;
  /**
   * Queues bytes; they must not change until `sent` is called (or the connection closes, then `sent` is called as
   * well). Returns false when the queue is above its mark: wait for `drain`.
   */
  send(bytes: Uint8Array, sent?: () => void): boolean;
  /** Bytes queued and not yet handed to the system. */
  readonly queued: ByteCount;
  /** Stops, or resumes, the delivery of data. */
  pause(): void;
  resume(): void;
  /** Ends the connection now; `close` follows (error null). */
  close(): void;
}

export interface Listener {
  /** Where it listens; it may become another one. */
  readonly address: PeerAddress;
  close(): Promise<void>;
}

export interface DialOptions {
  readonly signal?: AbortSignal;
  /** The swarm in whose name the remote is dialled, 20 bytes: some protections need it. */
  readonly infoHash?: Uint8Array;
  /** What a sealed torrent demands of its swarm. */
  readonly secret?: SwarmSecret | null;
  /** The remote is known to take secure connections: it is offered nothing weaker, whoever says that it knows none. */
  readonly isKnownSecure?: boolean;
  /** Sent first, at most 65,535 bytes: a protection may carry it within its own handshake. */
  readonly greeting?: Uint8Array;
}

/** What those who can read a sealed torrent know, and its author demands of the connections between them. */
export interface SwarmSecret {
  /** 32 bytes. */
  readonly psk: Uint8Array;
  /** `required`: secure connections or none; `prefer`: secure ones where the remote can; `off`: as other torrents. */
  readonly transport: 'required' | 'prefer' | 'off';
}

/** The swarms of those who listen: by them a protection finds out what a stranger wants. */
export interface ServedSwarms {
  /** Another number whenever the set is another one. */
  readonly revision: number;
  /** Names of 20 bytes, both for a hybrid torrent. */
  infoHashes(): Iterable<Uint8Array>;
  /** Of a sealed torrent. */
  secretOf(infoHash: Uint8Array): SwarmSecret | null;
}

export interface Transport {
  /** Connects; rejects with NET_* errors. */
  dial(address: PeerAddress, options?: DialOptions): Promise<Connection>;
  /** Accepts connections on host and port (0 = any free port); rejects with NET_PORT_IN_USE and the like. */
  listen(
    address: PeerAddress,
    onConnection: (connection: Connection) => void,
    swarms?: ServedSwarms,
  ): Promise<Listener>;
}
