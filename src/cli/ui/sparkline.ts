/** A row of bars, one a value: how something has gone on. */
import type { BarStyle } from './bar.ts';

const LEVELS: Readonly<Record<BarStyle, string>> = { blocks: '▁▂▃▄▅▆▇█', ascii: '_.-=*#' };

/** The last `width` values against the largest of them; exactly `width` cells, the newest on the right. */
export function renderSparkline(values: readonly number[], width: number, style: BarStyle): string {
  const shown = width < 1 ? [] : values.slice(-width);
  const most = Math.max(0, ...shown);
  const levels = LEVELS[style];
  const cells = shown.map((value) => {
    const level = most === 0 ? 0 : Math.ceil((Math.max(0, value) / most) * (levels.length - 1));
    return levels[level];
  });
  return cells.join('').padStart(Math.max(0, width));
}
