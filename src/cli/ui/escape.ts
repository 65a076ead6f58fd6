/**
 * Text from torrents and peers may hold control characters, terminal sequences and bidirectional overrides with which
 * a name lies about itself or takes over the terminal. Everything foreign passes through here before it is printed.
 */

/** Controls, formats (bidi, tags, BOM), line separators and lone surrogates; the joiners of scripts and emoji are harmless. */
const UNSAFE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\u200c\u200d]]/gv;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Printable form: an unsafe character becomes a visible escape such as `\x1b` or `\u202e`. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (char) => named[char] ?? visibleEscape(char));
}

function visibleEscape(char: string): string {
  const code = char.codePointAt(0) as number;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** JSON on one line that is safe to look at in a terminal: the same characters are written as `\uXXXX`. */
export function toSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
