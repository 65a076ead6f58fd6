/** Values that the resources of APIs have in common, as schemas. */
import * as z from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { apiError, type Problem } from '../http-api/index.ts';

/** Longest name of anything, characters. */
export const LONGEST_NAME = 500;

export const seconds: z.ZodInt = z.int().min(0).describe('unix seconds');

/** A whole number of an address, in digits and nothing else: `1e3` and nothing at all are none. */
export const wholeNumber = (least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text),
    z.int('a whole number is wanted').min(least).max(most),
  );

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
export const line: z.ZodString = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'control characters are not allowed');

export const name: z.ZodString = line.min(1).max(LONGEST_NAME);

const problemSchema: z.ZodType<Problem> = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('the words of the status'),
    status: z.int(),
    code: z.string().describe('stable name of the error; docs/errors.md has them all'),
    detail: z.string().optional().describe('for people'),
  })
  .meta({ id: 'Problem', description: 'what went wrong (RFC 9457)' });

/** What every route may answer besides its result. */
export const errorAnswer: {
  readonly description: string;
  readonly content: Readonly<Record<string, { schema: z.ZodType }>>;
} = {
  description: 'what went wrong',
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** The result of a route that answers with nothing but the status 204. */
export const nothing: z.ZodType<void> = z.undefined().describe('done');
