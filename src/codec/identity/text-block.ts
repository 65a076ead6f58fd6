/** The text form of keys, rotations and signatures: PEM (RFC 7468 §3, strict) with labels of our own, one or more. */
import { toBinary, toText } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { fromBase64 } from '../sealed/index.ts';
import { identityError } from './errors.ts';

export type TextLabel = 'DST IDENTITY' | 'DST PRIVATE IDENTITY' | 'DST ROTATION' | 'DST SIGNATURE';

export interface TextBlock {
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Longest text that is read; an identity has 9 KiB, a rotation 28 KiB. */
export const LONGEST_TEXT: ByteCount = 1024 * 1024;
const COLUMNS = 64;

export function encodeTextBlock(label: TextLabel, bytes: Uint8Array): string {
  const lines = btoa(toBinary(bytes)).replaceAll(/.{1,64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/**
 * All blocks of a text, at least one. Around them there may be blanks and nothing else; lines end with LF or CRLF. Throws
 * IDENTITY_TEXT.
 */
export function decodeTextBlocks(text: Uint8Array): TextBlock[] {
  if (text.length > LONGEST_TEXT) throw wrong(`is longer than ${LONGEST_TEXT} bytes`);
  const blocks: TextBlock[] = [];
  let label: string | null = null;
  let body: string[] = [];
  for (const line of toText(text).split(/\r?\n/)) {
    const mark = /^-----(BEGIN|END) ([A-Z][A-Z ]*)-----$/.exec(line);
    if (label === null) {
      if (mark?.[1] === 'BEGIN') label = mark[2] as string;
      else if (line.trim() !== '') throw wrong('has something else than blocks in it');
    } else if (mark === null) {
      body.push(line);
    } else {
      if (mark[1] !== 'END' || mark[2] !== label) throw wrong(`does not end the block ${label}`);
      blocks.push({ label, bytes: decodeBody(body) });
      label = null;
      body = [];
    }
  }
  if (label !== null) throw wrong(`ends within the block ${label}`);
  if (blocks.length === 0) throw wrong('is empty');
  return blocks;
}

function decodeBody(lines: readonly string[]): Uint8Array {
  const last = lines.at(-1) ?? '';
  const isEven = lines.slice(0, -1).every((line) => line.length === COLUMNS);
  const bytes = isEven && last !== '' && last.length <= COLUMNS && last.length % 4 === 0 ? decodeLines(lines) : null;
  if (bytes === null) throw wrong('has a block that is not canonical base64 of 64 columns');
  return bytes;
}

const decodeLines = (lines: readonly string[]): Uint8Array | null => fromBase64(lines.join('').replace(/={1,2}$/, ''));

const wrong = (what: string): Error => identityError('IDENTITY_TEXT', `the text ${what}`);
