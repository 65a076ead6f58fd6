/** Sizes and rates as people write them, and for people: KiB = 1024 bytes, MiB = 1024 KiB. */
import type { ByteCount, BytesPerSecond } from './units.ts';

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `16K`, `1.5M`, `2MiB` are binary (1024), `500kB` and `1MB` decimal (1000), as in GNU tools; null: it is no size. */
export function readSize(text: string): ByteCount | null {
  const match = /^(\d{1,20}(?:\.\d{1,20})?)\s?([kmgt]?)(i?b?)$/i.exec(text.trim());
  if (match === null) return null;
  const power = powers[(match[2] as string).toLowerCase()] as number;
  const suffix = (match[3] as string).toLowerCase();
  if (suffix === 'i' || (suffix === 'ib' && power === 0)) return null;
  const base = suffix === 'b' && power > 0 ? 1000 : 1024;
  const bytes = Math.floor(Number(match[1]) * base ** power);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

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
