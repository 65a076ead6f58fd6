/** A table of two columns: labels and values. */

/** A row of label and value; several values stand below each other. */
export type Row = readonly [label: string, values: string | readonly string[] | null];

const LABEL_WIDTH = 14;

/** Lines of the table; a row without value is left out. `label` styles the labels. */
export function renderRows(rows: readonly Row[], label: (text: string) => string): string[] {
  return rows.flatMap(([name, values]) => {
    const list = values === null ? [] : typeof values === 'string' ? [values] : values;
    return list.map((text, i) => `${label((i === 0 ? name : '').padEnd(LABEL_WIDTH))}${text}`);
  });
}
