/**
 * The text form of a file of age (c2sp.org/age, "ASCII armor"): strict PEM (RFC 7468 §3, figure 3), so that one file has
 * one text, but for CRLF and blanks around it.
 */
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { fromBase64, sealedError } from '../sealed/index.ts';

const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
const END = '-----END AGE ENCRYPTED FILE-----';
/** Of a full line. */
const LINE: { readonly columns: number; readonly bytes: ByteCount } = { columns: 64, bytes: 48 };
/** Most blanks before the text, and as many behind it; what age allows. */
const MOST_BLANKS: ByteCount = 1024;
const EMPTY = new Uint8Array(0);

/** Whether a file that begins so can only be the text form. */
export const isArmored = (start: Uint8Array): boolean => /^[-\t\n\v\f\r ]/.test(toBinary(start.subarray(0, 1)));

/** Makes the text, as the file comes. */
export class ArmorEncoder {
  #head = `${BEGIN}\n`;
  /** Less than a line. */
  #pending: Uint8Array = EMPTY;

  /** Takes the file; gives what can be written of its text. */
  push(file: Uint8Array): Uint8Array {
    const bytes = concat([this.#pending, file]);
    const end = bytes.length - (bytes.length % LINE.bytes);
    const text = this.#head + linesOf(bytes.subarray(0, end));
    this.#head = '';
    this.#pending = bytes.slice(end);
    return utf8(text);
  }

  /** The rest of the text. */
  finish(): Uint8Array {
    return utf8(`${this.#head}${linesOf(this.#pending)}${END}\n`);
  }
}

const linesOf = (bytes: Uint8Array): string => btoa(toBinary(bytes)).replaceAll(/.{1,64}/g, '$&\n');

/** Reads the text, as it comes. */
export class ArmorDecoder {
  /** `last`: behind a line that was not full. */
  #place: 'before' | 'within' | 'last' | 'behind' = 'before';
  /** A line that is not whole yet, in latin-1. */
  #pending = '';
  #blanks = 0;

  /** Takes text; gives what can be had of the file. Throws SEALED_ARMOR. */
  push(text: Uint8Array): Uint8Array {
    const lines = (this.#pending + toBinary(text)).split('\n');
    this.#pending = lines.pop() as string;
    if (this.#pending.length > MOST_BLANKS) throw wrong('has a line that is too long');
    return concat(lines.map((line) => this.#take(line)));
  }

  /** At the end of the text: the rest of the file. Throws SEALED_ARMOR. */
  finish(): Uint8Array {
    const rest = this.#pending === '' ? EMPTY : this.#take(this.#pending);
    if (this.#place !== 'behind') throw wrong('does not end with its last line');
    return rest;
  }

  /** Takes a line without its end; gives the bytes in it. */
  #take(whole: string): Uint8Array {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    if (this.#place === 'before' || this.#place === 'behind') {
      if (/^[\t\v\f\r ]*$/.test(line)) this.#countBlanks(whole.length + 1);
      else if (this.#place === 'before' && line === BEGIN) this.#place = 'within';
      else throw wrong(`has something else than blanks ${this.#place} it`);
      return EMPTY;
    }
    if (line === END) {
      this.#place = 'behind';
      this.#blanks = 0;
      return EMPTY;
    }
    const bytes = this.#place === 'within' ? decodeLine(line) : null;
    if (bytes === null) throw wrong('has a line that is not canonical base64 of 64 columns');
    if (bytes.length < LINE.bytes) this.#place = 'last';
    return bytes;
  }

  #countBlanks(count: number): void {
    this.#blanks += count;
    if (this.#blanks > MOST_BLANKS) throw wrong('has too many blanks around it');
  }
}

/** Null when it is no line of a text. */
const decodeLine = (line: string): Uint8Array | null =>
  line === '' || line.length > LINE.columns || line.length % 4 !== 0 ? null : fromBase64(line.replace(/={1,2}$/, ''));

const wrong = (what: string): Error => sealedError('SEALED_ARMOR', `the text form of the file ${what}`);

/** The whole text of a file that is in memory. */
export function encodeArmor(file: Uint8Array): Uint8Array {
  const encoder = new ArmorEncoder();
  return concat([encoder.push(file), encoder.finish()]);
}

/** The file of a whole text. Throws SEALED_ARMOR. */
export function decodeArmor(text: Uint8Array): Uint8Array {
  const decoder = new ArmorDecoder();
  return concat([decoder.push(text), decoder.finish()]);
}
