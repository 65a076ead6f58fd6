/**
 * DNS messages (RFC 1035 §4), as far as a client needs them that asks one question of a resolver: addresses (RFC 3596)
 * and texts. What is not an answer to the question as it was asked, letter by letter, is none: who sends answers that
 * nobody asked for has to guess the question, too.
 */
import { formatHost } from '../../base/address.ts';
import { concat, readU16, toBinary, utf8, writeU16 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';

/** Kinds of records that can be asked for, with their numbers (RFC 1035 §3.2.2, RFC 3596 §2.1). */
export const dnsTypes = { A: 1, TXT: 16, AAAA: 28 } as const;
export type DnsType = keyof typeof dnsTypes;

export interface DnsQuestion {
  /** 16 bits, which the answer repeats. */
  readonly id: number;
  /** ASCII; international names come as `xn--…`. */
  readonly name: string;
  readonly type: DnsType;
}

export interface DnsAnswer {
  /** RFC 1035 §4.1.1: 0 = no error, 2 = the server failed, 3 = there is no such name, 5 = refused. */
  readonly code: number;
  /** There is more than fits a datagram: the question has to be asked over TCP. */
  readonly isTruncated: boolean;
  /** Addresses in canonical form, or the texts of TXT records, each joined from its character strings. */
  readonly records: readonly string[];
}

const CNAME = 5;
const INTERNET = 1;
const HEADER: ByteCount = 12;
/** Longest label, and longest name as it is sent (RFC 1035 §2.3.4). */
const LONGEST_LABEL: ByteCount = 63;
const LONGEST_NAME: ByteCount = 255;
/** Marks of a compressed name (RFC 1035 §4.1.4), and the bits of its offset. */
const POINTER = 0xc0;
const POINTER_OFFSET = 0x3fff;
/** Most records of an answer that are read. */
const MOST_RECORDS = 256;

/** The question as a message that asks for recursion; null when the name is none. */
export function encodeDnsQuery({ id, name, type }: DnsQuestion): Uint8Array | null {
  const encoded = encodeName(name);
  if (encoded === null) return null;
  const message = new Uint8Array(HEADER + encoded.length + 4);
  writeU16(message, 0, id);
  writeU16(message, 2, 0x0100); // recursion desired
  writeU16(message, 4, 1); // one question
  message.set(encoded, HEADER);
  writeU16(message, HEADER + encoded.length, dnsTypes[type]);
  writeU16(message, HEADER + encoded.length + 2, INTERNET);
  return message;
}

/** The answer to this query, which is what `encodeDnsQuery` made; null when the bytes are not one. */
export function decodeDnsAnswer(bytes: Uint8Array, query: Uint8Array, { name, type }: DnsQuestion): DnsAnswer | null {
  if (bytes.length < query.length || readU16(bytes, 0) !== readU16(query, 0)) return null;
  const flags = readU16(bytes, 2);
  const isAnswer = (flags & 0xf800) === 0x8000; // a response to a standard query
  if (!isAnswer || readU16(bytes, 4) !== 1 || !repeats(bytes, query)) return null;
  const head = { code: flags & 0x0f, isTruncated: (flags & 0x0200) !== 0 };
  if (head.isTruncated) return { ...head, records: [] };
  const records: string[] = [];
  /** Names under which the answer stands: that of the question, and what it is an alias of. */
  const owners = new Set([lowerCase(name)]);
  let at = query.length;
  for (let left = Math.min(readU16(bytes, 6), MOST_RECORDS); left > 0; left--) {
    const owner = readName(bytes, at);
    if (owner === null || owner.end + 10 > bytes.length) return null;
    const kind = readU16(bytes, owner.end);
    const isInternet = readU16(bytes, owner.end + 2) === INTERNET;
    const start = owner.end + 10;
    at = start + readU16(bytes, owner.end + 8);
    if (at > bytes.length) return null;
    if (!isInternet || !owners.has(owner.name)) continue;
    if (kind === CNAME) {
      const alias = readName(bytes, start);
      if (alias === null) return null;
      owners.add(alias.name);
    } else if (kind === dnsTypes[type]) {
      const record = readRecord(bytes.subarray(start, at), type);
      if (record === null) return null;
      records.push(record);
    }
  }
  return { ...head, records };
}

/** The question is repeated as it was sent. */
const repeats = (bytes: Uint8Array, query: Uint8Array): boolean =>
  query.subarray(HEADER).every((byte, i) => bytes[HEADER + i] === byte);

function readRecord(data: Uint8Array, type: DnsType): string | null {
  if (type === 'TXT') return readText(data);
  return data.length === (type === 'A' ? 4 : 16) ? formatHost(data) : null;
}

/** Character strings (RFC 1035 §3.3), one byte of length before each. */
function readText(data: Uint8Array): string | null {
  let text = '';
  for (let at = 0; at < data.length; ) {
    const end = at + 1 + (data[at] as number);
    if (end > data.length) return null;
    text += toBinary(data.subarray(at + 1, end));
    at = end;
  }
  return text;
}

function encodeName(name: string): Uint8Array | null {
  const labels = name.replace(/\.$/, '').split('.').map(utf8);
  if (labels.some(({ length }) => length === 0 || length > LONGEST_LABEL)) return null;
  const encoded = concat([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)]);
  return encoded.length > LONGEST_NAME ? null : encoded;
}

/** The name at `at` in lower case, and where it ends there. A pointer leads backwards, so that none goes round. */
function readName(bytes: Uint8Array, at: number): { readonly name: string; readonly end: number } | null {
  const labels: string[] = [];
  let size = 1;
  let end: number | null = null;
  let from = at;
  for (let next = at; ; ) {
    const length = bytes[next];
    if (length === undefined) return null;
    if (length === 0) return { name: labels.join('.'), end: end ?? next + 1 };
    if ((length & POINTER) === POINTER) {
      if (next + 2 > bytes.length) return null;
      end ??= next + 2;
      next = readU16(bytes, next) & POINTER_OFFSET;
      if (next >= from) return null;
      from = next;
      continue;
    }
    size += 1 + length;
    const label = bytes.subarray(next + 1, next + 1 + length);
    if (length > LONGEST_LABEL || size > LONGEST_NAME || label.length < length) return null;
    labels.push(lowerCase(toBinary(label)));
    next += 1 + length;
  }
}

/** Names are compared without regard to the case of ASCII letters (RFC 4343). */
const lowerCase = (name: string): string => name.replace(/\.$/, '').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
