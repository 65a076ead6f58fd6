/**
 * Strict bencoding decoder (BEP 3). The input is validated as a whole first; lists and dictionaries are then views
 * that read what is asked for. So a torrent of a million tokens costs what is used of it, every container knows its
 * byte range (`info` is hashed over its raw bytes), and a field of the wrong type reads as null.
 */
import { toText } from '../../base/bytes.ts';
import { bencodeError } from './errors.ts';
import {
  defaultBencodeLimits,
  isContainer,
  nextContainer,
  scan,
  skip,
  stringStart,
  type BencodeLimits,
  type Scanned,
} from './scan.ts';

/** Integers beyond 2^53 are bigints; strings are views of the input. */
export type BencodeValue = number | bigint | Uint8Array | BencodeList | BencodeDict;

export interface DecodeOptions extends Partial<BencodeLimits> {
  /** False accepts dictionaries whose keys are not in order (never duplicate keys). Default true. */
  readonly strict?: boolean;
}

interface Document extends Scanned {
  readonly isSorted: boolean;
}

const minus = 0x2d;
const zero = 0x30;
const letterE = 0x65;
const letterI = 0x69;
const letterL = 0x6c;

function valueAt(document: Document, at: number, container: number): BencodeValue {
  const { bytes } = document;
  const byte = bytes[at] as number;
  if (isContainer(byte)) {
    return byte === letterL ? new BencodeList(document, at, container) : new BencodeDict(document, at, container);
  }
  if (byte !== letterI) return bytes.subarray(stringStart(bytes, at), skip(document, at, container));
  return integerAt(bytes, at + 1);
}

/** The (valid) integer whose sign or first digit is at `at`. */
function integerAt(bytes: Uint8Array, at: number): number | bigint {
  const isNegative = bytes[at] === minus;
  let number = 0;
  let end = isNegative ? at + 1 : at;
  for (; bytes[end] !== letterE; end++) number = number * 10 + ((bytes[end] as number) - zero);
  if (!Number.isSafeInteger(number)) return BigInt(toText(bytes.subarray(at, end)));
  return isNegative ? -number : number;
}

/** A dictionary. Look-ups compare raw bytes with an ASCII key. */
export class BencodeDict {
  readonly #document: Document;
  readonly #at: number;
  readonly #container: number;

  constructor(document: Document, at: number, container: number) {
    this.#document = document;
    this.#at = at;
    this.#container = container;
  }

  /** The dictionary exactly as it was received. */
  get raw(): Uint8Array {
    return this.#document.bytes.subarray(this.#at, this.#document.containers[2 * this.#container]);
  }

  /** True when the keys of every dictionary in the decoded input are in order. */
  get isSorted(): boolean {
    return this.#document.isSorted;
  }

  get(key: string): BencodeValue | undefined {
    return this.#find(key, (at, container) => valueAt(this.#document, at, container));
  }

  has(key: string): boolean {
    return this.#find(key, () => true) ?? false;
  }

  /** A safe integer, or null. */
  int(key: string): number | null {
    const value = this.get(key);
    return typeof value === 'number' ? value : null;
  }

  /** A byte string, or null. */
  bytes(key: string): Uint8Array | null {
    const value = this.get(key);
    return value instanceof Uint8Array ? value : null;
  }

  /** A byte string as UTF-8 text with U+FFFD for invalid sequences, or null. */
  text(key: string): string | null {
    const value = this.bytes(key);
    return value === null ? null : toText(value);
  }

  list(key: string): BencodeList | null {
    const value = this.get(key);
    return value instanceof BencodeList ? value : null;
  }

  dict(key: string): BencodeDict | null {
    const value = this.get(key);
    return value instanceof BencodeDict ? value : null;
  }

  /** Keys and values in input order. */
  entries(): Generator<[key: Uint8Array, value: BencodeValue]> {
    return this.#members((at, container) => valueAt(this.#document, at, container));
  }

  /** Keys and the encoded bytes of their values in input order. */
  rawEntries(): Generator<[key: Uint8Array, value: Uint8Array]> {
    const document = this.#document;
    return this.#members((at, container) => document.bytes.subarray(at, skip(document, at, container)));
  }

  *#members<T>(read: (at: number, container: number) => T): Generator<[key: Uint8Array, value: T]> {
    const document = this.#document;
    let at = this.#at + 1;
    let container = this.#container + 1;
    while (document.bytes[at] !== letterE) {
      const valueStart = skip(document, at, container);
      const key = document.bytes.subarray(stringStart(document.bytes, at), valueStart);
      yield [key, read(valueStart, container)];
      at = skip(document, valueStart, container);
      container = nextContainer(document, valueStart, container);
    }
  }

  #find<T>(key: string, read: (at: number, container: number) => T): T | undefined {
    const document = this.#document;
    const { bytes } = document;
    let at = this.#at + 1;
    let container = this.#container + 1;
    while (bytes[at] !== letterE) {
      const valueStart = skip(document, at, container);
      if (hasKey(bytes, valueStart - key.length, at, key)) return read(valueStart, container);
      at = skip(document, valueStart, container);
      container = nextContainer(document, valueStart, container);
    }
    return undefined;
  }
}

/** True when the string at `at` consists of the bytes of `key`, which would begin at `start`. */
function hasKey(bytes: Uint8Array, start: number, at: number, key: string): boolean {
  if (start <= at || stringStart(bytes, at) !== start) return false;
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.charCodeAt(i)) return false;
  return true;
}

export class BencodeList {
  readonly #document: Document;
  readonly #at: number;
  readonly #container: number;

  constructor(document: Document, at: number, container: number) {
    this.#document = document;
    this.#at = at;
    this.#container = container;
  }

  /** The list exactly as it was received. */
  get raw(): Uint8Array {
    return this.#document.bytes.subarray(this.#at, this.#document.containers[2 * this.#container]);
  }

  *[Symbol.iterator](): Generator<BencodeValue> {
    const document = this.#document;
    let at = this.#at + 1;
    let container = this.#container + 1;
    while (document.bytes[at] !== letterE) {
      yield valueAt(document, at, container);
      const end = skip(document, at, container);
      container = nextContainer(document, at, container);
      at = end;
    }
  }
}

/** Decodes the value that begins `bytes` and tells where it ends: extension messages carry payload behind it. */
export function decodePrefix(bytes: Uint8Array, options: DecodeOptions = {}): { value: BencodeValue; end: number } {
  // A plain view, whatever subclass came in, so that no view handed out has surprising methods.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { end, containers, isSorted } = scan(view, { ...defaultBencodeLimits, ...options }, options.strict ?? true);
  return { value: valueAt({ bytes: view, containers, isSorted }, 0, 0), end };
}

/** Decodes `bytes`, all of it. Throws BENCODE_*. */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): BencodeValue {
  const { value, end } = decodePrefix(bytes, options);
  if (end !== bytes.length) {
    throw bencodeError('BENCODE_TRAILING_BYTES', `${bytes.length - end} bytes follow the value`, {
      details: { offset: end },
    });
  }
  return value;
}

/** `decode` for data that must be a dictionary: torrents, tracker replies, messages. Null when it is another type. */
export function decodeDict(bytes: Uint8Array, options: DecodeOptions = {}): BencodeDict | null {
  const value = decode(bytes, options);
  return value instanceof BencodeDict ? value : null;
}
