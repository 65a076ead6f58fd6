/**
 * The Egress port: from where torrents may send, and the only place where their sockets are opened. Whoever connects,
 * listens, sends datagrams or looks up a name for a torrent does it through an egress, so that a restriction holds for
 * all of them, those that are written later as well (the layer check knows no other way to a socket). A restriction
 * that cannot be kept now fails closed: nothing is opened, and what was open is closed.
 */
import type { Socket as UdpSocket } from 'node:dgram';
import type { ListenOptions, Socket, SocketConstructorOpts } from 'node:net';
import { isIPv6, type PeerAddress } from '../../base/address.ts';
import type { DstError } from '../../base/errors.ts';

export type IpFamily = 4 | 6;

export const familyOf = (host: string): IpFamily => (isIPv6(host) ? 6 : 4);

export interface Egress extends Disposable {
  /** What keeps everything in, NET_INTERFACE_*; null: nothing. */
  readonly problem: DstError | null;
  /** The address of this machine to come from; undefined: any; null: the family cannot be used now. */
  source(family: IpFamily): string | undefined | null;
  /**
   * A socket on its way to an IP address; it emits `connect` or `error`. Throws NET_INTERFACE_* and NET_CONNECT_FAILED
   * when there is no way to that address.
   */
  connect(to: PeerAddress, options?: SocketConstructorOpts): Socket;
  /** What a `net.Server` is to be opened with, to be reached at an address of ours. Throws NET_INTERFACE_*, NET_LISTEN_FAILED. */
  listenOptions(address: PeerAddress): ListenOptions | { readonly fd: number };
  /**
   * A socket for datagrams on any free port, of which `error` has to be listened to: it is emitted when it may not be
   * used any more. Throws NET_INTERFACE_* and NET_CONNECT_FAILED when the family cannot be used.
   */
  openUdp(family: IpFamily): UdpSocket;
  /** An accepted socket: it ends with the restriction under which it was accepted. */
  accepted(socket: Socket): void;
  /** All addresses of a host, at least one. Rejects when there is none, or it cannot be found out. */
  resolve(host: string): Promise<readonly string[]>;
  /** Texts of its TXT records, none when it has none. Rejects when that cannot be found out, or with the signal's reason. */
  resolveTxt(name: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Called after `problem` or a source has become another one. */
  onChange(listener: () => void): Disposable;
}
