/** Addresses that the tracker does not serve. */
import { z } from 'zod';
import { parsePrefix } from '../../../base/address-prefix.ts';
import { apiError } from '../errors.ts';
import { type ApiContext, addRoute, nothing } from './route.ts';
import { expiry, limit, MOST_CHANGES, nextOf, pageOf, remark, seconds } from './schemas.ts';

/** Longest text of a prefix, characters: an IPv6 address with an IPv4 tail, a slash, three digits. */
const LONGEST_PREFIX = 49;

const prefix = z
  .string()
  .max(LONGEST_PREFIX)
  .refine((text) => parsePrefix(text) !== null, 'this is no range of addresses')
  .describe('`192.0.2.0/24`, `2001:db8::/32` or an address');

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

export function addBans(context: ApiContext): void {
  const { bans } = context.service.repository;
  addRoute(context, {
    method: 'GET',
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
  addRoute(context, {
    method: 'PUT',
    path: '/bans',
    scope: 'bans:write',
    summary: 'Adds bans, or gives those that exist another reason and end, all or none',
    body: putting,
    status: 204,
    result: nothing,
    handle: ({ body }) => bans.put(body.bans),
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/bans',
    scope: 'bans:write',
    summary: 'Lifts a ban',
    query: z.strictObject({ prefix }),
    status: 204,
    result: nothing,
    handle: async ({ query }) => {
      if ((await bans.remove([query.prefix])) === 0) throw apiError('API_NOT_FOUND', 'there is no such ban');
    },
  });
}
