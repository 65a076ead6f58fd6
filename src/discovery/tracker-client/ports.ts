/** What the tracker client needs of the network, small enough for a test to supply. */
import type { PeerAddress } from '../../base/address.ts';
import type { ByteCount } from '../../base/units.ts';
import type { AddressFamily } from '../../codec/announce/index.ts';

export interface HttpRequest {
  readonly url: string;
  /** The address to connect to: it was resolved and checked before, so that the name cannot lead elsewhere. */
  readonly address: string;
  readonly userAgent: string;
  /** Most bytes of the body, both as sent and decompressed. */
  readonly largestBody: ByteCount;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly location: string | null;
  /** Decompressed. */
  readonly body: Uint8Array;
}

/** One GET without following redirects. Rejects with TRACKER_* errors, or with the reason of the signal. */
export type HttpFetch = (request: HttpRequest) => Promise<HttpResponse>;

export interface UdpSocket {
  /** Sends a datagram; `failed` is called when the system could not. */
  send(bytes: Uint8Array, to: PeerAddress, failed: (error: Error) => void): void;
  close(): void;
}

export interface UdpHandlers {
  message(bytes: Uint8Array, from: PeerAddress): void;
  /** The socket cannot be used any more. */
  error(error: Error): void;
}

/** Opens a socket on any free port of this family. It must not keep the process alive. */
export type OpenUdp = (family: AddressFamily, handlers: UdpHandlers) => UdpSocket;

/** All IPv4 and IPv6 addresses of a host, in the system's order of preference; rejects when there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * The texts of a name's TXT records, each joined from its character strings; none when the name has no such record or
 * does not exist. Rejects when that could not be found out, or with the signal's reason.
 */
export type ResolveTxt = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface TrackerNetwork {
  readonly fetch: HttpFetch;
  readonly openUdp: OpenUdp;
  readonly resolve: Resolve;
  readonly resolveTxt: ResolveTxt;
  /** Calls back when this machine is found at another address than before, or can send again; some networks never do. */
  readonly onRenewal?: (listener: () => void) => Disposable;
}
