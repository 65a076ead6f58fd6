/**
 * Peer addresses. An address is kept as text in its canonical form (`192.0.2.1`, `2001:db8::1`) and a port, because
 * text is what sockets take and what people read; compact forms (BEP 7, 23) are made at the edge in codec/announce.
 */
export interface PeerAddress {
  /** IPv4 dotted quad or IPv6 in RFC 5952 form, without brackets. */
  readonly host: string;
  readonly port: number;
}

export const isIPv6 = (host: string): boolean => host.includes(':');

/** `host:port`, IPv6 in brackets: for people and as a map key. */
export const addressKey = (address: PeerAddress): string =>
  isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;

/** Bytes of an IPv4 or IPv6 address (4 or 16), or null when the text is neither. */
export function parseHost(host: string): Uint8Array | null {
  return host.includes(':') ? parseIPv6(host) : parseIPv4(host);
}

function parseIPv4(host: string): Uint8Array | null {
  // No leading zeros: some systems read them as octal, so such a text names no certain address.
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(host);
  if (match === null) return null;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : null;
}

function parseIPv6(host: string): Uint8Array | null {
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(host);
  if (mapped !== null) {
    const tail = parseIPv4(mapped[2] as string);
    if (tail === null) return null;
    const words = [((tail[0] as number) << 8) | (tail[1] as number), ((tail[2] as number) << 8) | (tail[3] as number)];
    return parseIPv6(`${mapped[1]}${words.map((word) => word.toString(16)).join(':')}`);
  }
  const halves = host.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined];
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const words = tail === undefined ? head : [...head, ...Array<string>(missing).fill('0'), ...tail];
  const bytes = new Uint8Array(16);
  for (const [i, word] of words.entries()) {
    if (!/^[0-9a-f]{1,4}$/i.test(word)) return null;
    const value = Number.parseInt(word, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  }
  return bytes;
}

/** Canonical text of a 4- or 16-byte address; IPv4-mapped IPv6 becomes IPv4. */
export function formatHost(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) return bytes.subarray(12).join('.');
  let bestStart = -1;
  let bestLength = 1; // RFC 5952 §4.2.2: a single zero word is not shortened
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && words[end] === 0) end++;
    if (end - start > bestLength) [bestStart, bestLength] = [start, end - start];
    if (end > start) start = end;
  }
  const text = (part: number[]): string => part.map((word) => word.toString(16)).join(':');
  return bestStart < 0
    ? text(words)
    : `${text(words.slice(0, bestStart))}::${text(words.slice(bestStart + bestLength))}`;
}

/** Reads `host:port`, `[v6]:port`; null when it is neither or the port is not 1 … 65535. */
export function parseAddress(text: string): PeerAddress | null {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  if (match === null) return null;
  const bytes = parseHost((match[1] ?? match[2]) as string);
  const port = Number(match[3]);
  if (bytes === null || port < 1 || port > 65535) return null;
  return { host: formatHost(bytes), port };
}
