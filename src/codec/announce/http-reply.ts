/** What announce and scrape replies over HTTP have in common: a bencoded dictionary that may be a failure (BEP 3, 31). */
import { printable } from '../../base/printable.ts';
import { type BencodeDict, decodeDict, encode } from '../bencode/index.ts';
import { LONGEST_TEXT, type TrackerFailure } from './messages.ts';

/** Enough for ten thousand peers as dictionaries. */
const limits = { depth: 16, tokens: 200_000, strict: false } as const;

/** The body of a refusal, of an announce or a scrape. */
export function encodeFailure(failure: TrackerFailure): Uint8Array {
  return encode({
    'failure reason': failure.reason,
    'retry in': failure.retryIn === null ? undefined : String(failure.retryIn),
  });
}

/** The dictionary that a reply is; null for anything else. */
export function decodeReplyDict(body: Uint8Array): BencodeDict | null {
  try {
    return decodeDict(body, limits);
  } catch {
    return null;
  }
}

/** A number that cannot be negative. */
export function countIn(dict: BencodeDict, key: string): number | null {
  const value = dict.int(key);
  return value !== null && value >= 0 ? value : null;
}

/** The failure that a reply reports, or null. BEP 31's minutes come as a number or as its digits. */
export function failureOf(dict: BencodeDict): TrackerFailure | null {
  const reason = dict.text('failure reason');
  if (reason === null) return null;
  const retryIn = dict.int('retry in') ?? dict.text('retry in');
  const minutes = typeof retryIn === 'string' ? countOf(retryIn) : retryIn;
  return {
    kind: 'failure',
    reason: printable(reason, LONGEST_TEXT) ?? 'no reason given',
    retryIn: retryIn === 'never' ? 'never' : minutes !== null && minutes > 0 ? minutes : null,
  };
}

/** A decimal number; beyond 2^53 − 1 it is read as that. */
export function countOf(digits: string | undefined): number | null {
  return digits !== undefined && /^\d{1,20}$/.test(digits) ? Math.min(Number(digits), Number.MAX_SAFE_INTEGER) : null;
}
