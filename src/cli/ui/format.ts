/** Figures for people. Sizes and rates are binary everywhere: KiB = 1024 bytes, MiB = 1024 KiB. */
import type { ByteCount, BytesPerSecond, UnixSeconds } from '../../base/units.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Three significant digits and a unit: `16 KiB`, `1.46 GiB`. */
export function formatBytes(bytes: ByteCount): string {
  let value: number = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    if (unit === 0 && value < 1024 && Number.isInteger(value)) break;
    value /= 1024;
    unit++;
  }
  return `${digits(value)} ${UNITS[unit]}`;
}

function digits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

export const formatRate = (rate: BytesPerSecond): string => `${formatBytes(Math.round(rate))}/s`;

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
