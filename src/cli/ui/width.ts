/** How many terminal cells a text takes, and fitting text into cells. Input is already escaped and has no sequences. */

const ASCII_ONLY = /^[\x20-\x7e]*$/;
/** Scripts and symbols that take two cells (UAX #11: wide and full-width). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/v;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
let segmenter: Intl.Segmenter | undefined;

/** What a reader sees as one character. The segmenter is made when it is first needed: it costs as much as start-up. */
function graphemesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Cells of a text. */
export function displayWidth(text: string): number {
  if (ASCII_ONLY.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemesOf(text)) width += graphemeWidth(grapheme);
  return width;
}

function graphemeWidth(grapheme: string): number {
  const first = String.fromCodePoint(grapheme.codePointAt(0) as number);
  if (ZERO_WIDTH.test(first)) return 0;
  return WIDE.test(first) || grapheme.includes('\ufe0f') ? 2 : 1;
}

/** The text in at most `width` cells; what is cut away at its end shows as `…`. */
export function truncateEnd(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  return `${takeCells(text, width - 1)}…`;
}

/** As `truncateEnd`, but cuts in the middle: both the folder and the extension of a path stay readable. */
export function truncateMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 5) return truncateEnd(text, width);
  const tail = Math.floor((width - 1) / 2);
  const reversed = graphemesOf(text).reverse();
  let end = '';
  let cells = 0;
  for (const grapheme of reversed) {
    cells += graphemeWidth(grapheme);
    if (cells > tail) break;
    end = grapheme + end;
  }
  return `${takeCells(text, width - 1 - displayWidth(end))}…${end}`;
}

function takeCells(text: string, width: number): string {
  let out = '';
  let cells = 0;
  for (const grapheme of graphemesOf(text)) {
    cells += graphemeWidth(grapheme);
    if (cells > width) break;
    out += grapheme;
  }
  return out;
}

/** Fills up with spaces on the right to `width` cells. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Fills up with spaces on the left to `width` cells. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}
