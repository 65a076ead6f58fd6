/** The address that a request came from, as text from a socket, put into a call as bytes. */
import { parseHost } from '../base/address.ts';
import type { HostAddress } from './swarm-store.ts';

/** Sets family and host; an IPv4 address within IPv6 counts as IPv4. False when the text is no address. */
export function setHost(call: HostAddress, host: string): boolean {
  if (setIPv4(call.addressBytes, host)) {
    call.family = 4;
    return true;
  }
  const bytes = parseHost(host.split('%', 1)[0] as string); // a link-local address comes with its zone
  if (bytes?.length !== 16) return false;
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  call.family = isMapped ? 4 : 6;
  call.addressBytes.set(isMapped ? bytes.subarray(12) : bytes);
  return true;
}

/** Sets the port, behind the host. */
export function setPort(call: HostAddress, port: number): void {
  const at = call.family === 4 ? 4 : 16;
  call.addressBytes[at] = port >>> 8;
  call.addressBytes[at + 1] = port;
}

/** A dotted quad as sockets write it: without this, reading addresses would cost more than finding peers. */
function setIPv4(bytes: Uint8Array, host: string): boolean {
  let [at, value] = [0, -1];
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      value = (value < 0 ? 0 : value * 10) + code - 48;
      if (value > 255) return false;
    } else if (code === 46 && value >= 0 && at < 3) {
      bytes[at++] = value;
      value = -1;
    } else return false;
  }
  if (at !== 3 || value < 0) return false;
  bytes[3] = value;
  return true;
}
