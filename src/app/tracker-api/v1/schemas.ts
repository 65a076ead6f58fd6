/** Values that several resources of the API have in common. */
import { z } from 'zod';
import { fromHex } from '../../../base/bytes.ts';
import type { Clock } from '../../../base/clock.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import { apiError } from '../errors.ts';
import type { Problem } from '../problem.ts';

/** Items of a page unless another number is asked for, and the most. */
const USUAL_PAGE = 100;
const LARGEST_PAGE = 1000;
/** Most changes in one request. */
export const MOST_CHANGES = 1000;
/** Longest name of anything, characters. */
export const LONGEST_NAME = 500;

/** An info hash that comes in: as 20 bytes, which of a v2 hash are the first (BEP 52). */
export const infoHash: z.ZodType<Uint8Array, string> = z
  .string()
  .regex(/^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, 'an info hash has 40 or 64 hexadecimal digits')
  .transform((text) => fromHex(text.slice(0, 40)) as Uint8Array)
  .describe('info hash; of a v2 torrent all 64 digits will do too');

/** An info hash that goes out. */
export const infoHashText: z.ZodString = z.string().describe('info hash, 40 hexadecimal digits in lower case');

/** Hex of a SHA-256 that comes in, as 32 bytes. */
export const secretId: z.ZodType<Uint8Array, string> = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'an id has 64 hexadecimal digits')
  .transform((text) => fromHex(text) as Uint8Array)
  .describe('id, 64 hexadecimal digits');

export const seconds: z.ZodInt = z.int().min(0).describe('unix seconds');

/** When something ends. */
export const expiry: z.ZodNullable<z.ZodInt> = seconds.nullable().describe('unix seconds; null: never');

/** Throws API_INVALID for an end that has come already: it was mistaken for something else, or would do nothing. */
export function requireFuture(expiresAt: UnixSeconds | null, clock: Pick<Clock, 'wall'>, part: string): void {
  const now = clock.wall();
  if (expiresAt !== null && expiresAt <= now) {
    throw apiError('API_INVALID', `${part}: ${expiresAt} has passed; unix seconds later than ${now} are wanted`);
  }
}

/** A text in one line. Control characters and halves of characters have no place in what goes into logs and pages. */
const line = z.string().regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'control characters are not allowed');

export const name: z.ZodString = line.min(1).max(LONGEST_NAME);
export const remark: z.ZodString = line.max(LONGEST_NAME);

export const search: z.ZodString = z.string().min(1).max(LONGEST_NAME).describe('part of the name, in any case');

export const limit: z.ZodDefault<z.ZodCoercedNumber> = z.coerce
  .number()
  .int()
  .min(1)
  .max(LARGEST_PAGE)
  .default(USUAL_PAGE)
  .describe('most items of the page');

export const problemSchema: z.ZodType<Problem> = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('the words of the status'),
    status: z.int(),
    code: z.string().describe('stable name of the error; docs/errors.md has them all'),
    detail: z.string().optional().describe('for people'),
  })
  .meta({ id: 'Problem', description: 'what went wrong (RFC 9457)' });

type Page<Item extends z.ZodType, Next extends z.ZodType> = z.ZodObject<{
  items: z.ZodArray<Item>;
  next: z.ZodNullable<Next>;
}>;

/** A page of a list. */
export const pageOf = <Item extends z.ZodType, Next extends z.ZodType>(item: Item, next: Next): Page<Item, Next> =>
  z.object({
    items: z.array(item),
    next: next.nullable().describe('`after` of the next page; null: this is the last'),
  });

/** Where the page after these rows begins: null when they are fewer than was asked for. */
export function nextOf<Row, Key>(rows: readonly Row[], asked: number, keyOf: (row: Row) => Key): Key | null {
  return rows.length < asked ? null : keyOf(rows.at(-1) as Row);
}
