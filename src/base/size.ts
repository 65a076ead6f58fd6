/** Sizes as people write them. */
import type { ByteCount } from './units.ts';

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

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
