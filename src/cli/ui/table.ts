/** Tables for people: columns as wide as they have to be, and what does not fit into the terminal left out. */
import { displayWidth, padEnd, padStart, truncateMiddle } from './width.ts';

export interface Column<T> {
  readonly title: string;
  /** Text without colours, already escaped. */
  readonly cell: (row: T) => string;
  /** Default: left. Figures stand on the right. */
  readonly align?: 'left' | 'right';
  /** Colours a cell that has been fitted. */
  readonly style?: (text: string, row: T) => string;
  /** Columns with the highest number are left out first where there is no room; those without one stay. */
  readonly rank?: number;
  /** Fewest cells: what changes from time to time does not move the columns then. */
  readonly least?: number;
  /** Takes the room that the others leave, and is cut to it; one column at the most. */
  readonly isFlexible?: true;
}

const GAP = '  ';
/** Cells that the flexible column gets before others are left out for it. */
const LEAST_FLEXIBLE = 22;

/** A line of titles, then a line a row, none wider than `width`. `heading` styles the titles. */
export function renderTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number,
  heading: (text: string) => string,
): string[] {
  const cells = new Map(columns.map((column) => [column, rows.map((row) => column.cell(row))]));
  const natural = new Map(columns.map((column) => [column, naturalWidth(column, cells.get(column) as string[])]));
  const { shown, widths } = fit(columns, natural, width);
  const line = (cellOf: (column: Column<T>) => string, style: (column: Column<T>, text: string) => string): string =>
    shown
      .map((column, i) => {
        const room = widths.get(column) as number;
        const text = truncateMiddle(cellOf(column), room);
        if (column.align === 'right') return style(column, padStart(text, room));
        return style(column, i === shown.length - 1 ? text : padEnd(text, room));
      })
      .join(GAP);
  return [
    line(
      ({ title }) => title,
      (_column, text) => heading(text),
    ),
    ...rows.map((row, i) =>
      line(
        (column) => (cells.get(column) as string[])[i] as string,
        ({ style }, text) => (style === undefined ? text : style(text, row)),
      ),
    ),
  ];
}

function naturalWidth<T>({ title, least = 0 }: Column<T>, texts: readonly string[]): number {
  let widest = Math.max(least, displayWidth(title));
  for (const text of texts) widest = Math.max(widest, displayWidth(text));
  return widest;
}

/** Which columns are shown, and how wide. */
function fit<T>(
  columns: readonly Column<T>[],
  natural: ReadonlyMap<Column<T>, number>,
  width: number,
): { readonly shown: readonly Column<T>[]; readonly widths: ReadonlyMap<Column<T>, number> } {
  let shown = columns;
  for (;;) {
    const flexible = shown.find(({ isFlexible }) => isFlexible);
    const fixed = shown.reduce((sum, column) => sum + (column === flexible ? 0 : (natural.get(column) as number)), 0);
    const room = width - fixed - GAP.length * (shown.length - 1);
    const wanted = flexible === undefined ? 0 : (natural.get(flexible) as number);
    const ranked = shown.filter(({ rank }) => rank !== undefined);
    if (room >= Math.min(wanted, LEAST_FLEXIBLE) || ranked.length === 0) {
      const widths = new Map(natural);
      if (flexible !== undefined) widths.set(flexible, Math.max(1, Math.min(wanted, room)));
      return { shown, widths };
    }
    const first = ranked.reduce((a, b) => ((b.rank as number) > (a.rank as number) ? b : a));
    shown = shown.filter((column) => column !== first);
  }
}
