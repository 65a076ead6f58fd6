/** Figures for people. */
import type { UnixSeconds } from '../../base/units.ts';

export { formatBytes, formatRate } from '../../base/size.ts';

/** With thousands separators: `2,254`. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 file`, `2 files`. */
export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Rounded down, so that 100 % is shown only when all is there. */
export function formatPercent(done: number, total: number): string {
  if (total === 0) return '100 %';
  const tenths = Math.floor((done / total) * 1000);
  return tenths >= 1000 ? '100 %' : `${(tenths / 10).toFixed(1)} %`;
}

/** `0:42`, `3:07`, `2:03:07`, `4 d 3 h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const days = Math.floor(total / 86_400);
  if (days >= 1000) return '> 999 d';
  const hours = Math.floor((total % 86_400) / 3600);
  if (days > 0) return `${days} d ${hours} h`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor((total % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`;
}

/** `2026-11-22 20:26:00 UTC`. */
export function formatDate(time: UnixSeconds): string {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) return `${time} seconds after 1970`;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
