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
