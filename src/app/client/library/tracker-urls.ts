import { clientError } from '../errors.ts';

const SCHEMES: readonly string[] = ['http:', 'https:', 'udp:', 'ws:', 'wss:'];

/** Tiers without duplicates and empty ones. Throws CLIENT_BAD_SETTING for what is no tracker. */
export function sanitized(tiers: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  const isNew = (url: string): boolean => !seen.has(url) && seen.add(url).size > 0;
  const clean = tiers.map((tier) => tier.map((url) => url.trim()).filter((url) => url !== '' && isNew(url)));
  for (const url of clean.flat()) {
    if (URL.canParse(url) && SCHEMES.includes(new URL(url).protocol)) continue;
    throw clientError('CLIENT_BAD_SETTING', `${JSON.stringify(url)} is not the address of a tracker`);
  }
  return clean.filter((tier) => tier.length > 0);
}
