/** Addresses that the tracker does not serve. */
import * as z from 'zod';
import { formatHost } from '../../../base/address.ts';
import { type AddressPrefix, formatPrefix, parsePrefix } from '../../../base/address-prefix.ts';
import { apiError } from '../../http-api/index.ts';
import { expiry, nothing, requireFuture, seconds } from '../../openapi/index.ts';
import { type ApiContext, addChange, addReading } from './route.ts';
import { limit, MOST_CHANGES, nextOf, pageOf, remark } from './schemas.ts';

/** Longest text of a prefix, characters: an IPv6 address with an IPv4 tail, a slash, three digits. */
const LONGEST_PREFIX = 49;

/** A range that begins elsewhere than it says would ban, or let in, others than who was meant: one address or all? */
const prefix = z
  .string()
  .max(LONGEST_PREFIX)
  .refine((text) => parsePrefix(text) !== null, { error: 'this is no range of addresses', abort: true })
  .refine((text) => beginningOf(text) === hostOf(text), { error: ({ input }) => wrongBeginning(input as string) })
  .describe('`192.0.2.0/24`, `2001:db8::/32` or an address');

/** The first address of a range, and the one that its text begins with. */
const beginningOf = (text: string): string => formatHost((parsePrefix(text) as AddressPrefix).bytes);
const hostOf = (text: string): string => beginningOf(text.split('/', 1)[0] as string);

function wrongBeginning(text: string): string {
  const range = formatPrefix(parsePrefix(text) as AddressPrefix);
  return `this range does not begin at ${hostOf(text)}: give ${range} for the range or ${hostOf(text)} for the address`;
}

const ban = z
  .object({
    prefix: z.string().describe('first address of the range, a slash, the length'),
    reason: z.string(),
    expiresAt: expiry,
    createdAt: seconds,
  })
  .meta({ id: 'Ban' });
const putting = z.strictObject({
  bans: z
    .array(z.strictObject({ prefix, reason: remark.default(''), expiresAt: expiry.default(null) }))
    .min(1)
    .max(MOST_CHANGES),
});

/** A ban as the log names it: the log knows addresses by their networks, so the length tells what was banned. */
function naming(text: string): { readonly prefix: string; readonly length: number } {
  const parsed = parsePrefix(text) as AddressPrefix;
  return { prefix: formatPrefix(parsed), length: parsed.length };
}

export function addBans(context: ApiContext): void {
  const { bans } = context.service.repository;
  addReading(context, {
    path: '/bans',
    scope: 'bans:read',
    summary: 'Lists bans, in the order of their text',
    query: z.strictObject({ after: z.string().max(LONGEST_PREFIX).optional(), limit }),
    result: pageOf(ban, z.string()),
    handle: async ({ query }) => {
      const items = await bans.list(query);
      return { items, next: nextOf(items, query.limit, (last) => last.prefix) };
    },
  });
  addChange(context, {
    method: 'PUT',
    path: '/bans',
    scope: 'bans:write',
    summary: 'Adds bans, or gives those that exist another reason and end, all or none',
    body: putting,
    status: 204,
    result: nothing,
    handle: async ({ body }) => {
      for (const [i, { expiresAt }] of body.bans.entries()) {
        requireFuture(expiresAt, context.clock, `body/bans/${i}/expiresAt`);
      }
      await bans.put(body.bans);
      return { changed: { bans: body.bans.map(({ prefix: text, ...rest }) => ({ ...naming(text), ...rest })) } };
    },
  });
  addChange(context, {
    method: 'DELETE',
    path: '/bans',
    scope: 'bans:write',
    summary: 'Lifts a ban',
    query: z.strictObject({ prefix }),
    status: 204,
    result: nothing,
    handle: async ({ query }) => {
      if ((await bans.remove([query.prefix])) === 0) throw apiError('API_NOT_FOUND', 'there is no such ban');
      return { changed: naming(query.prefix) };
    },
  });
}
