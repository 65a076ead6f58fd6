/** Accounts of a private tracker. */
import { z } from 'zod';
import { apiError } from '../errors.ts';
import { type ApiContext, addRoute, nothing } from './route.ts';
import { expiry, limit, name, nextOf, pageOf, search, seconds } from './schemas.ts';

const maxPeers = z.int().min(0).nullable().describe('most peers at a time; null: as many as it likes');
const isEnabled = z.boolean();
const id = z.coerce.number().int().min(1);

const account = z
  .object({
    id: z.int(),
    name: z.string(),
    isEnabled,
    maxPeers,
    expiresAt: expiry,
    uploaded: z.int().describe('bytes, as its clients report'),
    downloaded: z.int().describe('bytes, as its clients report'),
    createdAt: seconds,
  })
  .meta({ id: 'Account' });

const one = z.strictObject({ id });
const listQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional(),
  limit,
  search: search.optional(),
});
const creation = z.strictObject({
  name,
  isEnabled: isEnabled.default(true),
  maxPeers: maxPeers.default(null),
  expiresAt: expiry.default(null),
});
const change = z.strictObject({
  name: name.optional(),
  isEnabled: isEnabled.optional(),
  maxPeers: maxPeers.optional(),
  expiresAt: expiry.optional(),
});

/** The account itself; rejects with API_NOT_FOUND for what is null. */
export function existing<Found>(found: Found | null): Found {
  if (found === null) throw apiError('API_NOT_FOUND', 'there is no such account');
  return found;
}

export function addAccounts(context: ApiContext): void {
  const { accounts } = context.service.repository;
  addRoute(context, {
    method: 'GET',
    path: '/accounts',
    scope: 'accounts:read',
    summary: 'Lists accounts, in the order of ids',
    query: listQuery,
    result: pageOf(account, z.int()),
    handle: async ({ query }) => {
      const items = await accounts.list(query);
      return { items, next: nextOf(items, query.limit, (last) => last.id) };
    },
  });
  addRoute(context, {
    method: 'POST',
    path: '/accounts',
    scope: 'accounts:write',
    summary: 'Creates an account',
    body: creation,
    status: 201,
    result: account,
    handle: ({ body }) => accounts.create(body),
  });
  addRoute(context, {
    method: 'GET',
    path: '/accounts/:id',
    scope: 'accounts:read',
    summary: 'Shows an account and what it has transferred',
    params: one,
    result: account,
    handle: async ({ params }) => existing(await accounts.find(params.id)),
  });
  addRoute(context, {
    method: 'PATCH',
    path: '/accounts/:id',
    scope: 'accounts:write',
    summary: 'Changes an account; what is not named stays',
    params: one,
    body: change,
    result: account,
    handle: async ({ params, body }) => existing(await accounts.change(params.id, body)),
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/accounts/:id',
    scope: 'accounts:write',
    summary: 'Removes an account and its passkeys',
    params: one,
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      existing((await accounts.remove(params.id)) || null);
    },
  });
}
