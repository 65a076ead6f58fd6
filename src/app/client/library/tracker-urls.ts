import { trackerUrlOf } from '../../../codec/metainfo/index.ts';
import { clientError } from '../errors.ts';

/** Tiers of tidied URLs without duplicates and empty ones. Throws CLIENT_BAD_SETTING for what is no tracker. */
export function sanitized(tiers: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  const isNew = (url: string): boolean => !seen.has(url) && seen.add(url).size > 0;
  const clean = tiers.map((tier) =>
    tier
      .filter((text) => text.trim() !== '')
      .map(tidied)
      .filter(isNew),
  );
  return clean.filter((tier) => tier.length > 0);
}

function tidied(text: string): string {
  const url = trackerUrlOf(text);
  if (url !== null) return url;
  throw clientError('CLIENT_BAD_SETTING', `${JSON.stringify(text.trim())} is not the address of a tracker`);
}
