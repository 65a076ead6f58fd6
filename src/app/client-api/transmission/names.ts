/**
 * Names of the two dialects. Since Transmission 4.1 they are snake_case everywhere; before, some were kebab-case and some
 * camelCase, without a rule. Inside they are snake_case.
 */

import { rpcError } from './rpc-error.ts';

/** `downloadDir`, `download-dir` and `download_dir` are one name. */
export const snake = (name: string): string =>
  name
    .replace(/UTP$/, 'Utp')
    .replaceAll('-', '_')
    .replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export type LegacyStyle = 'kebab' | 'camel';

/** Names that follow neither rule, and those that are of the other style than their neighbours. */
const exceptions: Readonly<Record<string, string>> = {
  is_utp: 'isUTP',
  seed_ratio_limit: 'seedRatioLimit',
  seed_ratio_limited: 'seedRatioLimited',
  begin_piece: 'beginPiece',
  end_piece: 'endPiece',
  total_size: 'total_size',
  cumulative_stats: 'cumulative-stats',
  current_stats: 'current-stats',
  preferred_transports: 'preferred_transports',
  sequential_download: 'sequential_download',
  torrent_added: 'torrent-added',
  torrent_duplicate: 'torrent-duplicate',
};

const legacyName = (name: string, style: LegacyStyle): string =>
  exceptions[name] ??
  (style === 'kebab'
    ? name.replaceAll('_', '-')
    : name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));

/** The value with the names of the old dialect, at all depths. */
export function toLegacy(value: unknown, style: LegacyStyle): unknown {
  if (Array.isArray(value)) return value.map((one) => toLegacy(one, style));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [legacyName(name, style), toLegacy(inner, style)]),
  );
}

/** Lists and objects in one another; no method takes more than three levels. */
const MOST_LEVELS = 32;

/** The value with names in snake_case at all depths; what stands in lists of text stays. Throws an RpcFault when it is too deep. */
export function toSnake(value: unknown, level = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level === MOST_LEVELS) throw rpcError('invalid-params', 'the parameters are too deep');
  if (Array.isArray(value)) return value.map((one) => toSnake(one, level + 1));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), toSnake(inner, level + 1)]));
}
