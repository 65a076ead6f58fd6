/**
 * The extension handshake of BEP 10, with `metadata_size` of BEP 9 and `upload_only` of BEP 21: what an `extended`
 * message with id 0 carries. Reading is tolerant, as all of it is optional: what has the wrong type counts as absent.
 */
import { formatHost, parseHost } from '../../base/address.ts';
import { toText } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';
import type { ByteCount } from '../../base/units.ts';
import { BencodeDict, decodePrefix, encode } from '../bencode/index.ts';

export interface ExtensionHandshake {
  /** `m`: the sender's number for each extension, 1 … 255; 0 switches an extension off. */
  readonly ids: ReadonlyMap<string, number>;
  /** `v`: name and version of the client; printable. */
  readonly client: string | null;
  /** `p`: the TCP port on which the sender listens. */
  readonly port: number | null;
  /** `reqq`: how many requests the sender queues without dropping any. */
  readonly requestQueue: number | null;
  /** `e`: the sender prefers encrypted connections; null when it does not say. */
  readonly prefersEncryption: boolean | null;
  /** `dst_sec`: the sender takes secure connections (docs/spec/peer-noise.md); null when it does not say. */
  readonly takesSecure: boolean | null;
  /** `yourip`: the address as which the sender sees the receiver. */
  readonly yourHost: string | null;
  /** `ipv4`, `ipv6`: other addresses of the sender. */
  readonly ipv4Host: string | null;
  readonly ipv6Host: string | null;
  /** `metadata_size`: size of the info dictionary. */
  readonly metadataSize: ByteCount | null;
  /** `upload_only`: the sender wants nothing more; null when it does not say. */
  readonly isUploadOnly: boolean | null;
  /** `complete_ago`: seconds since the sender became a seed. */
  readonly completeAgo: number | null;
}

/** Extension names read from one handshake, and the length of a name and of `v`. */
const MOST_NAMES = 64;
const LONGEST_NAME = 64;
const LONGEST_CLIENT = 100;
const limits = { depth: 16, tokens: 4000, strict: false } as const;

/** Payload of the handshake; what is absent or null is left out. */
export function encodeExtensionHandshake(handshake: Partial<ExtensionHandshake>): Uint8Array {
  const host = (text: string | null | undefined): Uint8Array | undefined => parseHost(text ?? '') ?? undefined;
  const flag = (is: boolean | null | undefined): number | undefined =>
    typeof is === 'boolean' ? Number(is) : undefined;
  return encode({
    complete_ago: handshake.completeAgo ?? undefined,
    dst_sec: flag(handshake.takesSecure),
    e: flag(handshake.prefersEncryption),
    ipv4: host(handshake.ipv4Host),
    ipv6: host(handshake.ipv6Host),
    m: handshake.ids ?? new Map(),
    metadata_size: handshake.metadataSize ?? undefined,
    p: handshake.port ?? undefined,
    reqq: handshake.requestQueue ?? undefined,
    upload_only: flag(handshake.isUploadOnly),
    v: handshake.client ?? undefined,
    yourip: host(handshake.yourHost),
  });
}

/** Reads a payload; null when it is not a bencoded dictionary. Bytes behind the dictionary are ignored. */
export function decodeExtensionHandshake(payload: Uint8Array): ExtensionHandshake | null {
  const dict = decodeDictPrefix(payload)?.dict;
  if (dict === undefined) return null;
  const flag = (name: string): boolean | null => {
    const value = dict.int(name);
    return value === null ? null : value !== 0;
  };
  return {
    ids: readIds(dict.dict('m')),
    client: printable(dict.text('v') ?? '', LONGEST_CLIENT),
    port: between(dict.int('p'), 1, 65535),
    requestQueue: between(dict.int('reqq'), 1, Number.MAX_SAFE_INTEGER),
    prefersEncryption: flag('e'),
    takesSecure: flag('dst_sec'),
    yourHost: hostOf(dict.bytes('yourip'), [4, 16]),
    ipv4Host: hostOf(dict.bytes('ipv4'), [4]),
    ipv6Host: hostOf(dict.bytes('ipv6'), [16]),
    metadataSize: between(dict.int('metadata_size'), 1, Number.MAX_SAFE_INTEGER),
    isUploadOnly: flag('upload_only'),
    completeAgo: between(dict.int('complete_ago'), 0, Number.MAX_SAFE_INTEGER),
  };
}

/** The dictionary that begins an extension message and the offset behind it; null when there is none. */
export function decodeDictPrefix(payload: Uint8Array): { dict: BencodeDict; end: number } | null {
  try {
    const { value, end } = decodePrefix(payload, limits);
    return value instanceof BencodeDict ? { dict: value, end } : null;
  } catch {
    return null;
  }
}

function readIds(m: BencodeDict | null): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [name, id] of m?.entries() ?? []) {
    if (ids.size === MOST_NAMES) break;
    if (name.length <= LONGEST_NAME && typeof id === 'number' && id >= 0 && id <= 255) ids.set(toText(name), id);
  }
  return ids;
}

function between(value: number | null, least: number, most: number): number | null {
  return value !== null && value >= least && value <= most ? value : null;
}

function hostOf(bytes: Uint8Array | null, lengths: readonly number[]): string | null {
  return bytes !== null && lengths.includes(bytes.length) ? formatHost(bytes) : null;
}
