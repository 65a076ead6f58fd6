/**
 * Bech32 (BIP 173) without its limit of length, as keys of age are written: a prefix, `1`, five bits a letter, and six
 * letters that notice every error of up to four letters. All upper case or all lower case.
 */
import { utf8 } from '../../base/bytes.ts';
import { sealedError } from '../sealed/index.ts';

const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const CHECKSUM = 6;
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** In the case of the prefix. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const lower = prefix.toLowerCase();
  const words = regroup(bytes, 8, 5);
  if (words.rest.bits > 0) words.whole.push(words.rest.value << (5 - words.rest.bits));
  const check = checksum(lower, [...words.whole, ...new Uint8Array(CHECKSUM)]) ^ 1;
  for (let i = 0; i < CHECKSUM; i++) words.whole.push((check >>> (5 * (CHECKSUM - 1 - i))) & 31);
  const text = `${lower}1${words.whole.map((word) => LETTERS[word]).join('')}`;
  return prefix === lower ? text : text.toUpperCase();
}

/** Throws SEALED_KEY_TEXT, whose message has nothing of the text: that may be a secret. */
export function decodeBech32(text: string): { readonly prefix: string; readonly bytes: Uint8Array } {
  const separator = text.lastIndexOf('1');
  const prefix = text.slice(0, separator);
  if (!/^[\x21-\x7e]+$/.test(text) || separator < 1 || separator + 1 + CHECKSUM > text.length) {
    throw wrong('is not of the form that keys of age have');
  }
  if (text !== text.toLowerCase() && text !== text.toUpperCase()) {
    throw wrong('has upper and lower case letters mixed');
  }
  const words = Array.from(text.slice(separator + 1).toLowerCase(), (letter) => LETTERS.indexOf(letter));
  if (words.includes(-1)) throw wrong('has a letter that keys of age do not have');
  if (checksum(prefix.toLowerCase(), words) !== 1) throw wrong('was mistyped or cut off: its checksum is wrong');
  const { whole, rest } = regroup(words.slice(0, -CHECKSUM), 5, 8);
  if (rest.bits >= 5 || rest.value !== 0) throw wrong('has bits left over');
  return { prefix, bytes: Uint8Array.from(whole) };
}

/** "Checksum" of BIP 173: 1 for a whole string. `words` are of five bits. */
function checksum(prefix: string, words: Iterable<number>): number {
  const letters = utf8(prefix);
  let sum = 1;
  const add = (word: number): void => {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ word;
    for (const [bit, polynomial] of GENERATOR.entries()) if ((top >>> bit) & 1) sum ^= polynomial;
  };
  for (const letter of letters) add(letter >>> 5);
  add(0);
  for (const letter of letters) add(letter & 31);
  for (const word of words) add(word);
  return sum;
}

/** The same bits in groups of another size, and those that are too few for a group. */
function regroup(
  groups: Iterable<number>,
  from: number,
  to: number,
): { readonly whole: number[]; readonly rest: { readonly value: number; readonly bits: number } } {
  const whole: number[] = [];
  let value = 0;
  let bits = 0;
  for (const group of groups) {
    value = (value << from) | group;
    bits += from;
    while (bits >= to) {
      bits -= to;
      whole.push(value >>> bits);
      value &= (1 << bits) - 1;
    }
  }
  return { whole, rest: { value, bits } };
}

const wrong = (what: string): Error => sealedError('SEALED_KEY_TEXT', `the text ${what}`);
