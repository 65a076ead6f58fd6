/** By which interface the kernel would send something: RTM_GETROUTE of rtnetlink(7). Nothing is sent by asking. */
import { isIPv6, parseHost } from '../../base/address.ts';
import { toText } from '../../base/bytes.ts';
import { netError } from '../errors.ts';
import { closeSocket } from './device-socket.ts';
import { lastError, libc } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const MSG_DONTWAIT = 0x40;
const NLM_F_REQUEST = 1;
const NLMSG_ERROR = 2;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_UID = 25;
/** Sizes of nlmsghdr, and of it with the rtmsg behind it, bytes. */
const HEADER = 16;
const HEADERS = 28;
const ANSWER_ROOM = 4096;

/**
 * The interface by which the kernel itself would answer for `from`, where no socket is (RST, ICMP); null: it has no way,
 * or is told to send nothing there.
 */
export function routeOf(from: string, to: string): string | null {
  const answer = ask(encodeRouteQuery(from, to));
  const view = new DataView(answer.buffer, 0, answer.length);
  const kind = view.getUint16(4, true);
  if (kind === NLMSG_ERROR) return null;
  if (kind !== RTM_NEWROUTE)
    throw netError('NET_INTERFACE_UNSUPPORTED', `the kernel does not tell its routes (${kind})`);
  const end = Math.min(view.getUint32(0, true), answer.length);
  for (let at = HEADERS; at + 4 <= end; ) {
    const length = view.getUint16(at, true);
    if (view.getUint16(at + 2, true) === RTA_OIF) return interfaceName(view.getUint32(at + 4, true));
    at += Math.max(4, (length + 3) & ~3);
  }
  return null;
}

/** The name of an interface by its index. */
function interfaceName(index: number): string {
  const name = new Uint8Array(16);
  libc().if_indextoname(index, name);
  return toText(name).replace(/\0.*$/s, '') || `interface ${index}`;
}

function encodeRouteQuery(from: string, to: string): Uint8Array {
  const attributes = [
    [RTA_DST, parseHost(to) as Uint8Array],
    [RTA_SRC, parseHost(from) as Uint8Array],
    // As the kernel asks where there is no socket and so no user.
    [RTA_UID, new Uint8Array(4)],
  ] as const;
  const bytes = new Uint8Array(HEADERS + attributes.reduce((sum, [, value]) => sum + 4 + value.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, RTM_GETROUTE, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  const bits = isIPv6(to) ? 128 : 32;
  bytes[HEADER] = isIPv6(to) ? 10 : 2; // AF_INET6, AF_INET
  bytes[HEADER + 1] = bits;
  bytes[HEADER + 2] = bits;
  let at = HEADERS;
  for (const [type, value] of attributes) {
    view.setUint16(at, 4 + value.length, true);
    view.setUint16(at + 2, type, true);
    bytes.set(value, at + 4);
    at += 4 + value.length;
  }
  return bytes;
}

/** The kernel answers while it is asked: there is nothing to wait for. */
function ask(query: Uint8Array): Uint8Array {
  const fd = libc().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw unanswered();
  try {
    const answer = new Uint8Array(ANSWER_ROOM);
    if (libc().send(fd, query, BigInt(query.length), 0) < 0n) throw unanswered();
    const length = libc().recv(fd, answer, BigInt(answer.length), MSG_DONTWAIT);
    if (length < BigInt(HEADERS)) throw unanswered();
    return answer.subarray(0, Number(length));
  } finally {
    closeSocket(fd);
  }
}

const unanswered = (): Error =>
  netError('NET_INTERFACE_UNSUPPORTED', `the kernel does not tell its routes: ${lastError().message}`);
