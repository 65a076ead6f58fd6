/**
 * Strict bencoding decoder (BEP 3). The input is validated as a whole first; lists and dictionaries are then views
 * that read what is asked for. So a torrent of a million tokens costs what is used of it, every container knows its
 * byte range (`info` is hashed over its raw bytes), and a field of the wrong type reads as null.
 */
import { toText } from '../../base/bytes.ts';
import { bencodeError } from './errors.ts';
import {
  defaultBencodeLimits,
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
const nine = 0x39;
const colon = 0x3a;
const letterE = 0x65;
const letterI = 0x69;
const letterL = 0x6c;

function valueAt(document: Document, at: number, container: number): BencodeValue {
  const { bytes } = document;
  const byte = bytes[at] as number;
  if (byte <= nine) return stringAt(document, at);
  if (byte === letterI) return integerAt(bytes, at + 1);
  return byte === letterL ? new BencodeList(document, at, container) : new BencodeDict(document, at, container);
}

/** The (valid) string at `at`. */
const stringAt = (document: Document, at: number): Uint8Array =>
  document.bytes.subarray(stringStart(document.bytes, at), skip(document, at, 0));

/** The (valid) integer whose sign or first digit is at `at`. */
function integerAt(bytes: Uint8Array, at: number): number | bigint {
  const isNegative = bytes[at] === minus;
  let number = 0;
  let end = isNegative ? at + 1 : at;
  for (; bytes[end] !== letterE; end++) number = number * 10 + ((bytes[end] as number) - zero);
  if (!Number.isSafeInteger(number)) return BigInt(toText(bytes.subarray(at, end)));
  return isNegative ? -number : number;
}

/** A list or dictionary where it lies in the input. */
abstract class Container {
  protected readonly document: Document;
  protected readonly at: number;
  protected readonly container: number;

  constructor(document: Document, at: number, container: number) {
    this.document = document;
    this.at = at;
    this.container = container;
  }

  /** Exactly as it was received. */
  get raw(): Uint8Array {
    return this.document.bytes.subarray(this.at, this.document.containers[2 * this.container]);
  }
}

/** A dictionary. Look-ups compare raw bytes with an ASCII key. */
export class BencodeDict extends Container {
  /** True when the keys of every dictionary in the decoded input are in order. */
  get isSorted(): boolean {
    return this.document.isSorted;
  }

  get(key: string): BencodeValue | undefined {
    const { document } = this;
    const { bytes } = document;
    let at = this.at + 1;
    let container = this.container + 1;
    while (bytes[at] !== letterE) {
      let length = 0;
      for (; bytes[at] !== colon; at++) length = length * 10 + ((bytes[at] as number) - zero);
      const value = at + 1 + length;
      if (length === key.length && isText(bytes, at + 1, key)) return valueAt(document, value, container);
      at = skip(document, value, container);
      container = nextContainer(document, value, container);
    }
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
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
    return this.#members((at, container) => valueAt(this.document, at, container));
  }

  /** Keys and the encoded bytes of their values in input order. */
  rawEntries(): Generator<[key: Uint8Array, value: Uint8Array]> {
    const { document } = this;
    return this.#members((at, container) => document.bytes.subarray(at, skip(document, at, container)));
  }

  /** The same dictionary over a copy of its bytes, so that the input can go. */
  detach(): BencodeDict {
    const { at, container } = this;
    const { bytes, containers, isSorted } = this.document;
    const own = containers.slice(2 * container, 2 * (containers[2 * container + 1] as number));
    for (let i = 0; i < own.length; i += 2) {
      own[i] = (own[i] as number) - at;
      own[i + 1] = (own[i + 1] as number) - container;
    }
    const copy = bytes.slice(at, containers[2 * container]);
    return new BencodeDict({ bytes: copy, containers: own, isSorted }, 0, 0);
  }

  *#members<T>(read: (at: number, container: number) => T): Generator<[key: Uint8Array, value: T]> {
    const { document } = this;
    let at = this.at + 1;
    let container = this.container + 1;
    while (document.bytes[at] !== letterE) {
      const valueStart = skip(document, at, container);
      const key = document.bytes.subarray(stringStart(document.bytes, at), valueStart);
      yield [key, read(valueStart, container)];
      at = skip(document, valueStart, container);
      container = nextContainer(document, valueStart, container);
    }
  }
}

/** True when the bytes from `at` are those of an ASCII text. */
function isText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

export class BencodeList extends Container {
  *[Symbol.iterator](): Generator<BencodeValue> {
    const { document } = this;
    let at = this.at + 1;
    let container = this.container + 1;
    while (document.bytes[at] !== letterE) {
      yield valueAt(document, at, container);
      const end = skip(document, at, container);
      container = nextContainer(document, at, container);
      at = end;
    }
  }

  /** The elements as UTF-8 texts, at most `most` of them, or null when one is no string. */
  texts(most: number): string[] | null {
    const { document } = this;
    const { bytes } = document;
    const texts: string[] = [];
    for (let at = this.at + 1; bytes[at] !== letterE && texts.length < most; ) {
      if ((bytes[at] as number) > nine) return null;
      const string = stringAt(document, at);
      texts.push(toText(string));
      at = string.byteOffset - bytes.byteOffset + string.length;
    }
    return texts;
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
