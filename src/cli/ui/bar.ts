/** A progress bar of a fixed number of cells. */

/** Whether the terminal can draw block characters; otherwise bars are made of `#` and `-`. */
export type BarStyle = 'blocks' | 'ascii';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** Exactly `width` cells; `share` is 0 … 1. */
export function renderBar(share: number, width: number, style: BarStyle): string {
  const bounded = Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share));
  if (style === 'ascii') {
    const full = Math.floor(bounded * width);
    return '#'.repeat(full) + '-'.repeat(width - full);
  }
  const eighths = Math.floor(bounded * width * 8);
  const full = Math.floor(eighths / 8);
  const part = EIGHTHS[eighths % 8] as string;
  return '█'.repeat(full) + part + '░'.repeat(width - full - part.length);
}
