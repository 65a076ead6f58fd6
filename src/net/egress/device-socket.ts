/**
 * Sockets that the kernel lets send and receive by one network interface only (SO_BINDTODEVICE, socket(7); for everybody
 * since Linux 5.7). A source address alone is no such promise: Linux sends from any address by whatever interface its
 * routes say, so that what came from the address of a tunnel goes out in the open when the tunnel is down.
 */
import { formatHost, isIPv6, parseHost, type PeerAddress } from '../../base/address.ts';
import { toText, utf8, writeU16 } from '../../base/bytes.ts';
import { netError } from '../errors.ts';
import { lastError, libc } from './libc.ts';

export type SocketKind = 'stream' | 'datagram';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
/** Room for the name of an interface (IFNAMSIZ), bytes. */
const NAME_ROOM = 16;
/** Sizes of sockaddr_in and sockaddr_in6, bytes. */
const ADDRESS_SIZE = 16;
const ADDRESS6_SIZE = 28;
const YES = new Uint8Array(Uint32Array.of(1).buffer);

/**
 * A socket of this kind that is bound to the interface and to an address of it, not connected; its file descriptor.
 * Throws NET_LISTEN_FAILED and NET_PORT_IN_USE: an address may have gone between being seen and being used.
 */
export function openDeviceSocket(kind: SocketKind, device: string, local: PeerAddress): number {
  const { host, port } = local;
  const isSix = isIPv6(host);
  const type = (kind === 'stream' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK_CLOEXEC;
  const fd = libc().socket(isSix ? AF_INET6 : AF_INET, type, 0);
  if (fd < 0) throw refused(device, local);
  try {
    const name = utf8(`${device}\0`);
    if (libc().setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) !== 0) throw refused(device, local);
    if (deviceOf(fd) !== device) throw netError('NET_LISTEN_FAILED', `the system does not bind sockets to ${device}`);
    // As Node does: a port can be listened on again while connections of before are still in TIME_WAIT.
    if (kind === 'stream' && port !== 0) libc().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, YES, YES.length);
    if (isSix) libc().setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, YES, YES.length);
    const address = encodeAddress(local);
    if (libc().bind(fd, address, address.length) !== 0) throw refused(device, local);
    return fd;
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
}

/** To what the kernel has bound a socket: the interface (empty: none), and the address from which it sends. */
export function boundTo(fd: number): { readonly device: string; readonly source: string } {
  const address = new Uint8Array(ADDRESS6_SIZE);
  const length = new Uint8Array(Uint32Array.of(address.length).buffer);
  if (libc().getsockname(fd, address, length) !== 0) return { device: deviceOf(fd), source: '' };
  const host = address[0] === AF_INET6 ? address.subarray(8, 24) : address.subarray(4, 8);
  return { device: deviceOf(fd), source: formatHost(host) };
}

function deviceOf(fd: number): string {
  const name = new Uint8Array(NAME_ROOM);
  const length = new Uint8Array(Uint32Array.of(name.length).buffer);
  if (libc().getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, length) !== 0) return '';
  return toText(name).replace(/\0.*$/s, '');
}

export function closeSocket(fd: number): void {
  libc().close(fd);
}

/** As sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)). */
function encodeAddress({ host, port }: PeerAddress): Uint8Array {
  const isSix = isIPv6(host);
  const bytes = new Uint8Array(isSix ? ADDRESS6_SIZE : ADDRESS_SIZE);
  bytes[0] = isSix ? AF_INET6 : AF_INET; // 16 bits, the lower first
  writeU16(bytes, 2, port);
  bytes.set(parseHost(host) as Uint8Array, isSix ? 8 : 4);
  return bytes;
}

function refused(device: string, { host, port }: PeerAddress): Error {
  const { code, message } = lastError();
  const told = code === 'EADDRINUSE' ? 'NET_PORT_IN_USE' : 'NET_LISTEN_FAILED';
  return netError(told, `${host} port ${port} cannot be used on ${device}: ${message} (${code})`, {
    cause: Object.assign(new Error(message), { code }),
  });
}
