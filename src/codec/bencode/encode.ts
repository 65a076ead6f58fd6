/** Canonical bencoding (BEP 3): keys sorted as raw bytes, integers without needless digits. */
import { compareBytes, utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';

/** Bytes that are bencoded already and go into the output as they are, like an info dictionary that keeps its hash. */
export class Encoded {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What can be encoded. Text becomes UTF-8. Members of an object that are undefined are left out. */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | Encoded
  | readonly Encodable[]
  | ReadonlyMap<string | Uint8Array, Encodable>
  | { readonly [key: string]: Encodable | undefined };

/** No copy of what it was given stays behind: that may be a key. */
class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  string(bytes: Uint8Array): void {
    this.ascii(`${bytes.length}:`);
    this.raw(bytes);
  }

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#bytes.fill(0, 0, this.#length);
    return taken;
  }

  #reserve(more: ByteCount): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes.fill(0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Canonical bytes of a value. Throws a RangeError for a number that is not a safe integer and for a duplicate key. */
export function encode(value: Encodable): Uint8Array {
  const writer = new Writer();
  write(writer, value);
  return writer.take();
}

function write(writer: Writer, value: Encodable): void {
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    writer.ascii(`i${value}e`);
  } else if (typeof value === 'string') writer.string(utf8(value));
  else if (value instanceof Uint8Array) writer.string(value);
  else if (value instanceof Encoded) writer.raw(value.bytes);
  else if (isList(value)) {
    writer.ascii('l');
    for (const item of value) write(writer, item);
    writer.ascii('e');
  } else
    writeDict(writer, value instanceof Map ? value : Object.entries(value as Record<string, Encodable | undefined>));
}

const isList = (value: Encodable): value is readonly Encodable[] => Array.isArray(value);

function writeDict(writer: Writer, members: Iterable<readonly [string | Uint8Array, Encodable | undefined]>): void {
  const entries: [key: Uint8Array, value: Encodable][] = [];
  for (const [key, value] of members) {
    if (value !== undefined) entries.push([typeof key === 'string' ? utf8(key) : key, value]);
  }
  entries.sort((a, b) => compareBytes(a[0], b[0]));
  writer.ascii('d');
  for (const [i, [key, value]] of entries.entries()) {
    const previous = entries[i - 1];
    if (previous !== undefined && compareBytes(previous[0], key) === 0) throw new RangeError('a key occurs twice');
    writer.string(key);
    write(writer, value);
  }
  writer.ascii('e');
}
