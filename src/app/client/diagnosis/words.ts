/** Figures in sentences. */
import type { ByteCount, BytesPerSecond } from '../../../base/units.ts';

const UNITS: readonly string[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export const rateText = (rate: BytesPerSecond): string => `${bytesText(Number(rate))}/s`;

export function bytesText(bytes: ByteCount): string {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

export const countText = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
