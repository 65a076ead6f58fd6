/**
 * The header of a sealed file, in the grammar of age (c2sp.org/age, "Header"): a line with the version, for each
 * recipient a stanza that wraps the file key, and an authentication code over all of it. `.dst` and age share it.
 */
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { sealedError } from './errors.ts';

export interface Stanza {
  /** What kind of recipient can open it. */
  readonly type: string;
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

export interface SealedHeader {
  readonly stanzas: readonly Stanza[];
  /** What the authentication code covers: all up to and including `---`. */
  readonly covered: Uint8Array;
  /** HMAC-SHA-256, 32 bytes. */
  readonly mac: Uint8Array;
  /** Of the whole header: where the payload begins. */
  readonly length: ByteCount;
}

/** A version line is `family/version`. */
export interface HeaderVersion {
  /** `age-encryption.org` for instance. */
  readonly family: string;
  readonly version: string;
}

/** Bounds of what is read, so that a hostile file costs little. */
export const MOST_STANZAS = 1024;
/** 1,024 recipients of 1.6 KiB. */
export const LONGEST_HEADER: ByteCount = 2 * 1024 * 1024;

const COLUMNS = 64;
const LF = 0x0a;
const MAC_MARK = '---';

/** Reads the header at the beginning of a file, of which `bytes` are all, or LONGEST_HEADER. Throws SEALED_*. */
export function parseHeader(bytes: Uint8Array, expected: HeaderVersion): SealedHeader {
  const lines = new Lines(bytes);
  checkVersion(bytes, lines, expected);
  const stanzas: Stanza[] = [];
  for (;;) {
    const start = lines.at;
    const line = lines.next();
    if (line.startsWith(MAC_MARK)) {
      const mac = line.startsWith(`${MAC_MARK} `) ? fromBase64(line.slice(4)) : null;
      if (mac?.length !== 32) throw sealedError('SEALED_HEADER', 'the header does not end with an authentication code');
      if (stanzas.length === 0) throw sealedError('SEALED_HEADER', 'the header names no recipient');
      const covered = bytes.slice(0, start + MAC_MARK.length);
      return { stanzas, covered, mac, length: lines.at };
    }
    if (stanzas.length === MOST_STANZAS) {
      throw sealedError('SEALED_TOO_LARGE', `the file has more than ${MOST_STANZAS} recipients`);
    }
    stanzas.push(readStanza(line, lines));
  }
}

function checkVersion(bytes: Uint8Array, lines: Lines, { family, version }: HeaderVersion): void {
  const prefix = `${family}/`;
  if (toBinary(bytes.subarray(0, prefix.length)) !== prefix) {
    throw sealedError('SEALED_FORMAT', `the file does not begin with ${prefix}`);
  }
  const found = lines.next().slice(prefix.length);
  if (!/^[\x21-\x7e]+$/.test(found)) throw sealedError('SEALED_HEADER', 'the version is not printable');
  if (found !== version) throw sealedError('SEALED_VERSION', `the format's version is not ${version}`);
}

function readStanza(first: string, lines: Lines): Stanza {
  const [type = '', ...args] = first.startsWith('-> ') ? first.slice(3).split(' ') : [];
  if (![type, ...args].every((arg) => /^[\x21-\x7e]+$/.test(arg))) {
    throw sealedError('SEALED_HEADER', 'a recipient has no type, or an argument that is not printable');
  }
  let text = '';
  for (;;) {
    const line = lines.next();
    text += line;
    if (line.length === COLUMNS) continue;
    const body = line.length < COLUMNS ? fromBase64(text) : null;
    if (body === null) throw sealedError('SEALED_HEADER', 'the body of a recipient is not base64 of 64 columns');
    return { type, args, body };
  }
}

/** The lines of a header, as latin-1. */
class Lines {
  readonly #bytes: Uint8Array;
  at: ByteCount = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.length > LONGEST_HEADER ? bytes.subarray(0, LONGEST_HEADER) : bytes;
  }

  next(): string {
    const end = this.#bytes.indexOf(LF, this.at);
    if (end >= 0) {
      const line = toBinary(this.#bytes.subarray(this.at, end));
      this.at = end + 1;
      return line;
    }
    if (this.#bytes.length === LONGEST_HEADER) throw sealedError('SEALED_TOO_LARGE', 'the header is too long');
    throw sealedError('SEALED_TRUNCATED', 'the file ends within its header');
  }
}

/** What the authentication code is made over. */
export function encodeStanzas({ family, version }: HeaderVersion, stanzas: readonly Stanza[]): Uint8Array {
  const lines = [`${family}/${version}`];
  for (const { type, args, body } of stanzas) {
    lines.push(['->', type, ...args].join(' '));
    const text = toBase64(body);
    for (let at = 0; at <= text.length; at += COLUMNS) lines.push(text.slice(at, at + COLUMNS));
  }
  return utf8(`${lines.join('\n')}\n${MAC_MARK}`);
}

/** The header of what `encodeStanzas` gave. */
export const finishHeader = (covered: Uint8Array, mac: Uint8Array): Uint8Array =>
  concat([covered, utf8(` ${toBase64(mac)}\n`)]);
