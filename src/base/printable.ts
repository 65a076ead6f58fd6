/** Controls, formats (bidi, tags, BOM), line separators and lone surrogates; the joiners of scripts and emoji are harmless. */
export const UNSAFE_CHARACTERS: RegExp = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\u200c\u200d]]/gv;

/** JSON in which no character can act on a terminal or turn the text around: such are written as `\uXXXX`. */
export const escapeJson = (json: string): string =>
  json.replace(UNSAFE_CHARACTERS, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );

/**
 * Others' words made fit for logs and screens: without control, format (also bidirectional), private-use and
 * unassigned characters and without line and paragraph separators, trimmed and at most `longest` characters.
 * Null when nothing is left.
 */
export function printable(text: string, longest: number): string | null {
  // Cut twice: first roughly, so that a megabyte of text costs nothing.
  const clean = text
    .slice(0, 4 * longest)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  return clean === '' ? null : Array.from(clean).slice(0, longest).join('');
}
