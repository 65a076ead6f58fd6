/**
 * Validates bencoded bytes (BEP 3) in one pass without recursion and without building a value, so that hostile input
 * costs no memory: only an index of lists and dictionaries is kept, with which a reader steps over them.
 */
import { toBinary } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { bencodeError, type BencodeErrorCode } from './errors.ts';

export interface BencodeLimits {
  /** Largest input, bytes. */
  readonly size: ByteCount;
  /** Deepest nesting of lists and dictionaries. */
  readonly depth: number;
  /** Most tokens. A key, string or integer is one, a list or dictionary three: both ends, and its place in the index. */
  readonly tokens: number;
}

/** Room for the largest torrents: 2 million v1 pieces take 42 MB, a quarter of a million files under 3 million tokens. */
export const defaultBencodeLimits: BencodeLimits = { size: 64 * 1024 * 1024, depth: 100, tokens: 3_000_000 };

/** What one pass over a value found. */
export interface Scan {
  /** Offset behind the value. */
  readonly end: number;
  /**
   * Two numbers for each list or dictionary, in the order in which they open: the offset behind it, and the index of
   * the next one that opens behind it.
   */
  readonly containers: Int32Array;
  /** True when the keys of every dictionary are in order. */
  readonly isSorted: boolean;
}

const colon = 0x3a;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
const letterD = 0x64;
const letterE = 0x65;
const letterI = 0x69;
const letterL = 0x6c;

/** Digits of the longest integer: enough for any 64-bit value. */
const longestInteger = 20;

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine;

/** What an open container expects next. */
const inList = 0;
const atKey = 1;
const atValue = 2;

// A frame of the stack, one for each open container: five numbers.
const frameLength = 5;
/** What the container around expects after this one. */
const frameOuterState = 0;
const frameContainer = 1;
/** Where the bytes of the dictionary's latest key begin, -1 before the first, and end. */
const frameKey = 2;
const frameKeyEnd = 3;
const frameIsUnsorted = 4;

function fail(code: BencodeErrorCode, at: number, message: string): never {
  throw bencodeError(code, `Bencoding is invalid at byte ${at}: ${message}`, { details: { offset: at } });
}

/** Scans the value at the start of `bytes`; bytes behind it are not looked at. Throws BENCODE_*. */
export function scan(bytes: Uint8Array, limits: BencodeLimits, isStrict: boolean): Scan {
  if (bytes.length > limits.size)
    fail('BENCODE_TOO_LARGE', 0, `${bytes.length} bytes, at most ${limits.size} are read`);
  const stack = new Int32Array(frameLength * limits.depth);
  let containers = new Int32Array(32);
  let count = 0;
  let isSorted = true;
  let at = 0;
  let top = -frameLength;
  /** Of the innermost container; those around it have theirs in the stack. */
  let state = inList;
  for (let tokens = 0; ; tokens++) {
    if (tokens >= limits.tokens) fail('BENCODE_TOO_MANY_TOKENS', at, `more than ${limits.tokens} tokens`);
    if (at >= bytes.length) fail('BENCODE_TRUNCATED', at, 'the data ends inside a value');
    const byte = bytes[at] as number;
    if (byte === letterE && top >= 0) {
      if (state === atValue) fail('BENCODE_SYNTAX', at, 'a key has no value');
      const container = stack[top + frameContainer] as number;
      if (stack[top + frameIsUnsorted] === 1) refuseDuplicates({ bytes, containers }, container);
      at++;
      containers[2 * container] = at;
      containers[2 * container + 1] = count;
      state = stack[top + frameOuterState] as number;
      top -= frameLength;
    } else if (state === atKey) {
      const key = at;
      at = keyEnd(bytes, at);
      const start = stringStart(bytes, key);
      const order = compareKeys(bytes, stack[top + frameKey] as number, stack[top + frameKeyEnd] as number, start, at);
      if (order === 0) fail('BENCODE_DUPLICATE_KEY', key, 'a key occurs twice');
      if (order > 0) {
        if (isStrict) fail('BENCODE_UNSORTED_KEYS', key, 'the keys of a dictionary are not in order');
        isSorted = false;
        stack[top + frameIsUnsorted] = 1;
      }
      stack[top + frameKey] = start;
      stack[top + frameKeyEnd] = at;
      state = atValue;
      continue;
    } else if (isContainer(byte)) {
      top += frameLength;
      if (top === stack.length) fail('BENCODE_TOO_DEEP', at, `more than ${limits.depth} levels`);
      if (2 * count === containers.length) containers = enlarge(containers);
      stack[top + frameOuterState] = state;
      stack[top + frameContainer] = count;
      stack[top + frameKey] = -1;
      stack[top + frameIsUnsorted] = 0;
      // Until it closes, its first number is where it begins.
      containers[2 * count++] = at++;
      state = byte === letterD ? atKey : inList;
      tokens++;
      continue;
    } else {
      at = byte === letterI ? integerEnd(bytes, at) : stringEnd(bytes, at);
    }
    // A value has ended.
    if (top < 0) return { end: at, containers: containers.slice(0, 2 * count), isSorted };
    if (state === atValue) state = atKey;
  }
}

function enlarge(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}

function keyEnd(bytes: Uint8Array, at: number): number {
  if (!isDigit(bytes[at] as number)) fail('BENCODE_SYNTAX', at, 'a dictionary key must be a string');
  return stringEnd(bytes, at);
}

/** Order of the bytes in [a, aEnd) and [b, bEnd); -1 when there are no first ones. */
function compareKeys(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
  if (a < 0) return -1;
  const shared = Math.min(aEnd - a, bEnd - b);
  for (let i = 0; i < shared; i++) {
    const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - a - (bEnd - b);
}

/** For a dictionary about to close. Unsorted ones need a look at all keys; sorted ones were checked key by key. */
function refuseDuplicates(scanned: Scanned, container: number): void {
  const seen = new Set<string>();
  let at = (scanned.containers[2 * container] as number) + 1;
  let next = container + 1;
  while (scanned.bytes[at] !== letterE) {
    const value = stringEnd(scanned.bytes, at);
    const key = toBinary(scanned.bytes.subarray(stringStart(scanned.bytes, at), value));
    if (seen.has(key)) fail('BENCODE_DUPLICATE_KEY', at, 'a key occurs twice');
    seen.add(key);
    at = skip(scanned, value, next);
    next = nextContainer(scanned, value, next);
  }
}

/** Offset behind the string at `at`. */
function stringEnd(bytes: Uint8Array, at: number): number {
  const size = bytes.length;
  let colonAt = at;
  let length = 0;
  let byte = bytes[at] as number;
  if (!isDigit(byte)) fail('BENCODE_SYNTAX', at, 'no value begins with this byte');
  while (byte >= zero && byte <= nine) {
    length = length * 10 + (byte - zero);
    if (length > size) fail('BENCODE_TRUNCATED', at, 'a string is longer than the data');
    if (++colonAt === size) fail('BENCODE_TRUNCATED', at, 'the data ends inside a string length');
    byte = bytes[colonAt] as number;
  }
  if (byte !== colon) fail('BENCODE_SYNTAX', at, 'a colon must follow a string length');
  if (bytes[at] === zero && colonAt > at + 1) fail('BENCODE_SYNTAX', at, 'a string length has a leading zero');
  if (colonAt + 1 + length > size) fail('BENCODE_TRUNCATED', at, 'a string is longer than the data');
  return colonAt + 1 + length;
}

/** Offset behind the integer at `at`. */
function integerEnd(bytes: Uint8Array, at: number): number {
  const size = bytes.length;
  let first = at + 1;
  const isNegative = first < size && bytes[first] === minus;
  if (isNegative) first++;
  let end = first;
  while (end < size && isDigit(bytes[end] as number) && end - first <= longestInteger) end++;
  if (end === size) fail('BENCODE_TRUNCATED', at, 'the data ends inside an integer');
  const isZero = bytes[first] === zero;
  const digits = end - first;
  if (bytes[end] !== letterE || digits === 0 || digits > longestInteger || (isZero && (digits > 1 || isNegative))) {
    fail('BENCODE_BAD_INTEGER', at, 'an integer is empty, too long, -0, has a leading zero or is not decimal');
  }
  return end + 1;
}

/** Bytes that have been scanned, and the index of their lists and dictionaries. */
export interface Scanned {
  readonly bytes: Uint8Array;
  readonly containers: Int32Array;
}

const isContainer = (byte: number): boolean => byte === letterD || byte === letterL;

/** Where the bytes of the (valid) string at `at` begin. */
export function stringStart(bytes: Uint8Array, at: number): number {
  let colonAt = at + 1;
  while (bytes[colonAt] !== colon) colonAt++;
  return colonAt + 1;
}

/** Offset behind the (valid) value at `at`; `container` is the index of the first one that opens there or later. */
export function skip(scanned: Scanned, at: number, container: number): number {
  const { bytes } = scanned;
  const byte = bytes[at] as number;
  if (isContainer(byte)) return scanned.containers[2 * container] as number;
  let next = at;
  if (byte === letterI) {
    while (bytes[next] !== letterE) next++;
    return next + 1;
  }
  let length = 0;
  for (; bytes[next] !== colon; next++) length = length * 10 + ((bytes[next] as number) - zero);
  return next + 1 + length;
}

/** Index of the first container that opens behind the value at `at`. */
export function nextContainer(scanned: Scanned, at: number, container: number): number {
  return isContainer(scanned.bytes[at] as number) ? (scanned.containers[2 * container + 1] as number) : container;
}
