/**
 * Text from torrents and peers may hold control characters, terminal sequences and bidirectional overrides with which
 * a name lies about itself or takes over the terminal. Everything foreign passes through here before it is printed.
 */
import { escapeJson, UNSAFE_CHARACTERS } from '../../base/printable.ts';

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Printable form: an unsafe character becomes a visible escape such as `\x1b` or `\u202e`. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE_CHARACTERS, (char) => named[char] ?? visibleEscape(char));
}

function visibleEscape(char: string): string {
  const code = char.codePointAt(0) as number;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** JSON on one line that is safe to look at in a terminal. */
export const toSafeJson = (value: unknown): string => escapeJson(JSON.stringify(value));
