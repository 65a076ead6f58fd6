/**
 * Fields of a log line as plain data that can always be written: bounded in depth, number and length, without secrets
 * and, unless wanted, without whole addresses. Whatever a field holds, this does not throw.
 */
import { formatHost } from '../../base/address.ts';
import { toHex } from '../../base/bytes.ts';
import { DstError } from '../../base/errors.ts';
import { REDACTED, scrubSecrets } from '../../base/scrub-secrets.ts';
import { maskAddresses } from './mask-addresses.ts';

export interface CleaningOptions {
  /** Addresses stay whole. */
  readonly showsAddresses: boolean;
  /** Errors keep their stack. */
  readonly showsStacks: boolean;
}

/** Longest text, characters. */
const LONGEST_TEXT = 8192;
/** More is looked at than is kept, so that a secret at the cut is still recognized, characters. */
const CUT_MARGIN = 1024;
/** Most text of one line, characters. */
const MOST_TEXT = 65_536;
/** Most values of one line, and of one list or object in it. */
const MOST_VALUES = 1000;
const MOST_ENTRIES = 100;
/** Longest name of a field, characters. */
const LONGEST_NAME = 128;
/** Deepest nesting. */
const DEEPEST = 8;
/** Longest bytes that are written in hexadecimal; info hashes and peer ids are shorter. */
const LONGEST_BYTES = 32;

/** Names that pino writes itself: a second `level` in a line would let a field pass for it. */
const RESERVED = new Set(['level', 'time', 'msg']);
/** Last words of the names of secrets. */
const SECRET_NAME = /^(?:passkey|token|password|passwd|passphrase|secret|key|authorization|cookie|credential)(s?)$/;
/** Last words of the names of addresses. */
const ADDRESS_NAME = /^(?:host|address|addresses|client|remote|ip)$/;
/**
 * Errors of what the operator has set. Their words say all that their details and causes do, and the addresses in them
 * are the server's own.
 */
const ERROR_OF_SETTINGS = /^(?:CONFIG_[A-Z]+|NET_PORT_IN_USE|NET_LISTEN_FAILED)$/;
/** What is worth knowing of an error that is not ours, besides its message. */
const ERROR_FACTS = ['code', 'syscall', 'address', 'port', 'path'];

/** The fields of one line. */
export function cleanFields(fields: unknown, options: CleaningOptions): Record<string, unknown> {
  const cleaned = new FieldCleaner(options).clean('', fields);
  if (typeof cleaned !== 'object' || cleaned === null || Array.isArray(cleaned)) return { value: cleaned };
  const entries = Object.entries(cleaned as Record<string, unknown>);
  return Object.fromEntries(entries.map(([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value]));
}

/** A message: the same rules as for a field. */
export function cleanMessage(message: unknown, options: CleaningOptions): string {
  const cleaned = new FieldCleaner(options).clean('', message);
  return typeof cleaned === 'string' ? cleaned : JSON.stringify(cleaned ?? null);
}

class FieldCleaner {
  readonly #options: CleaningOptions;
  readonly #ancestors = new Set<object>();
  #values = 0;
  #text = 0;

  constructor(options: CleaningOptions) {
    this.#options = options;
  }

  /** `name` is the nearest name above the value: those of a list count for its items. */
  clean(name: string, value: unknown): unknown {
    if (++this.#values > MOST_VALUES) return '[more]';
    try {
      return this.#cleanNamed(name, value);
    } catch {
      return '[unreadable]';
    }
  }

  #cleanNamed(name: string, value: unknown): unknown {
    if (value === null || value === undefined) return value;
    const word = lastWord(name);
    const secret = SECRET_NAME.exec(word);
    // In the plural a number is a count.
    if (secret !== null && !(secret[1] === 's' && typeof value === 'number')) return REDACTED;
    switch (typeof value) {
      case 'string':
        return this.#cleanText(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'boolean':
        return value;
      case 'bigint':
        return value.toString();
      case 'symbol':
        return this.#cleanText(value.toString());
      case 'function':
        return '[function]';
      default:
        return this.#cleanObject(name, word, value);
    }
  }

  #cleanText(text: string, showsAddresses: boolean = this.#options.showsAddresses): string {
    const length = Math.min(LONGEST_TEXT, Math.max(0, MOST_TEXT - this.#text));
    const looked = scrubSecrets(text.slice(0, length + CUT_MARGIN));
    const scrubbed = showsAddresses ? looked : maskAddresses(looked);
    const isCut = text.length > length + CUT_MARGIN || scrubbed.length > length;
    this.#text += Math.min(scrubbed.length, length);
    return isCut ? `${scrubbed.slice(0, length)}… [${text.length} characters]` : scrubbed;
  }

  #cleanObject(name: string, word: string, value: object): unknown {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.#cleanBytes(word, value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof URL) return this.#cleanText(value.href);
    if (this.#ancestors.has(value)) return '[circular]';
    if (this.#ancestors.size >= DEEPEST) return '[deep]';
    this.#ancestors.add(value);
    try {
      if (value instanceof Error) return this.#cleanError(value);
      if (Array.isArray(value) || value instanceof Set) return this.#cleanList(name, value);
      if (value instanceof Map) return this.#cleanMap(value);
      return this.#cleanRecord(value as Record<string, unknown>);
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #cleanBytes(word: string, value: ArrayBufferView | ArrayBuffer): string {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    if (ADDRESS_NAME.test(word) && (bytes.length === 4 || bytes.length === 16))
      return this.#cleanText(formatHost(bytes));
    return bytes.length <= LONGEST_BYTES ? toHex(bytes) : `[${bytes.length} bytes]`;
  }

  #cleanList(name: string, list: readonly unknown[] | ReadonlySet<unknown>): unknown[] {
    const size = Array.isArray(list) ? list.length : (list as ReadonlySet<unknown>).size;
    const cleaned: unknown[] = [];
    for (const item of list) {
      if (cleaned.length === MOST_ENTRIES || this.#values >= MOST_VALUES) {
        cleaned.push(`[${size - cleaned.length} more]`);
        break;
      }
      cleaned.push(this.clean(name, item) ?? null);
    }
    return cleaned;
  }

  #cleanMap(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
    const nameOf = (key: unknown): string =>
      typeof key === 'string' || typeof key === 'number' ? String(key) : `[${typeof key}]`;
    // One more than is kept, so that the record is seen to be cut.
    const entries = map.entries().take(MOST_ENTRIES + 1);
    return this.#cleanRecord(Object.fromEntries(entries.map(([key, value]) => [nameOf(key), value])));
  }

  #cleanRecord(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const cleaned = Object.create(null) as Record<string, unknown>;
    let count = 0;
    for (const key of Object.keys(record)) {
      if (count++ === MOST_ENTRIES || this.#values >= MOST_VALUES) {
        cleaned['…'] = '[more]';
        break;
      }
      const name = key.slice(0, LONGEST_NAME);
      cleaned[this.#cleanText(name)] = this.#cleanEntry(name, () => record[key]);
    }
    return cleaned;
  }

  /** Reading may run code of others. */
  #cleanEntry(name: string, read: () => unknown): unknown {
    let value: unknown;
    try {
      value = read();
    } catch {
      return '[unreadable]';
    }
    return this.clean(name, value);
  }

  #cleanError(error: Error): Record<string, unknown> {
    if (error instanceof DstError && ERROR_OF_SETTINGS.test(error.code)) return this.#cleanErrorOfSettings(error);
    const facts: Record<string, unknown> = { name: error.name, message: error.message };
    if (error instanceof DstError) {
      Object.assign(facts, { code: error.code, category: error.category });
      if (Object.keys(error.details).length > 0) facts['details'] = error.details;
    } else {
      for (const fact of ERROR_FACTS) {
        const value: unknown = Reflect.get(error, fact);
        if (value !== undefined) facts[fact] = value;
      }
    }
    if (this.#options.showsStacks) facts['stack'] = error.stack;
    if (error instanceof AggregateError) facts['errors'] = error.errors;
    if (error.cause !== undefined) facts['cause'] = error.cause;
    return this.#cleanRecord(facts);
  }

  #cleanErrorOfSettings({ name, message, code, category }: DstError): Record<string, unknown> {
    return { name, message: this.#cleanText(message, true), code, category };
  }
}

/** `tlsKey` → `key`, `proxy-authorization` → `authorization`. */
function lastWord(name: string): string {
  const words = name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ').split(/[\s_.-]+/);
  return (words.at(-1) as string).toLowerCase();
}
