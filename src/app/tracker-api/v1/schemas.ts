/** Values that several resources of the API have in common. */
import * as z from 'zod';
import { fromHex } from '../../../base/bytes.ts';
import { line, LONGEST_NAME, wholeNumber } from '../../openapi/index.ts';

/** Items of a page unless another number is asked for, and the most. */
const USUAL_PAGE = 100;
const LARGEST_PAGE = 1000;
/** Most changes in one request. */
export const MOST_CHANGES = 1000;

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

export const remark: z.ZodString = line.max(LONGEST_NAME);

export const search: z.ZodString = z.string().min(1).max(LONGEST_NAME).describe('part of the name, in any case');

export const limit: z.ZodDefault<z.ZodType<number>> = wholeNumber(1, LARGEST_PAGE)
  .default(USUAL_PAGE)
  .describe('most items of the page');

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
