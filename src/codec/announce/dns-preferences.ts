/**
 * DNS tracker preferences: BEP 34. A host says in a TXT record on which ports it runs trackers, the preferred first,
 * or that it runs none. Both directions, for client and tracker.
 *
 * What the BEP leaves open: a port that is named twice counts once, and the words of several records are joined in the
 * order in which they came (hosts exist that publish one record a port). A word with a port outside 1 … 65535 is one
 * that we do not recognize.
 */
import type { ByteCount } from '../../base/units.ts';

export interface TrackerPort {
  /** What the port speaks: the UDP tracker protocol (BEP 15), or HTTP over TCP, in the clear or in TLS: it does not say. */
  readonly protocol: 'udp' | 'tcp';
  /** 1 … 65535. */
  readonly port: number;
}

/** Ports in order of preference, at least one; `none` = the host runs no tracker; null = it says nothing of trackers. */
export type DnsPreferences = readonly TrackerPort[] | 'none' | null;

/** The word with which a record begins. */
const MARK = 'BITTORRENT';
/** Longest text that is written: one character string of a TXT record (RFC 1035 §3.3), so that nobody has to join two. */
const LONGEST_RECORD: ByteCount = 255;
/** Most ports read of one host. */
const MOST_PORTS = 64;

/**
 * The text of the TXT record for a host with these trackers, the preferred first; without any it denies that there is
 * one, in the BEP's more readable form. Throws a RangeError for a port outside 1 … 65535, and for more than fit 255 bytes:
 * 24 do in any case.
 */
export function encodeDnsPreferences(ports: readonly TrackerPort[]): string {
  if (ports.length === 0) return `${MARK} DENY ALL`;
  const words = ports.map(({ protocol, port }) => {
    if (!isPort(port)) throw new RangeError(`not a port: ${port}`);
    return `${protocol.toUpperCase()}:${port}`;
  });
  const text = [MARK, ...words].join(' ');
  if (text.length > LONGEST_RECORD) throw new RangeError(`the record is longer than ${LONGEST_RECORD} bytes`);
  return text;
}

/** Reads the texts of a host's TXT records, each joined from its character strings. Never throws. */
export function decodeDnsPreferences(records: readonly string[]): DnsPreferences {
  const words = records.map((record) => record.split(' ')).filter(([first]) => first === MARK);
  if (words.length === 0) return null;
  const ports = new Map<string, TrackerPort>();
  for (const word of words.flat()) {
    const [, name, digits] = /^(UDP|TCP):(\d{1,5})$/.exec(word) ?? [];
    const port = Number(digits);
    const key = `${name}:${port}`;
    if (name === undefined || !isPort(port) || ports.has(key)) continue;
    ports.set(key, { protocol: name === 'UDP' ? 'udp' : 'tcp', port });
    if (ports.size === MOST_PORTS) break;
  }
  return ports.size === 0 ? 'none' : [...ports.values()];
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;
