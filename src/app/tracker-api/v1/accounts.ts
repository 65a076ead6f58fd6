/** Accounts of a private tracker. */
import * as z from 'zod';
import { apiError } from '../../http-api/index.ts';
import { expiry, name, nothing, seconds, wholeNumber } from '../../openapi/index.ts';
import { type ApiContext, addChange, addReading } from './route.ts';
import { limit, nextOf, pageOf, search } from './schemas.ts';

const maxPeers = z.int().min(0).nullable().describe('most peers at a time; null: as many as it likes');
const isEnabled = z.boolean();
const id = wholeNumber(1);

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
  after: wholeNumber(0).optional(),
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
  addReading(context, {
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
  addChange(context, {
    method: 'POST',
    path: '/accounts',
    scope: 'accounts:write',
    summary: 'Creates an account',
    body: creation,
    status: 201,
    result: account,
    handle: async ({ body }) => {
      const answer = await accounts.create(body);
      return { answer, changed: { accountId: answer.id, ...body } };
    },
  });
  addReading(context, {
    path: '/accounts/:id',
    scope: 'accounts:read',
    summary: 'Shows an account and what it has transferred',
    params: one,
    result: account,
    handle: async ({ params }) => existing(await accounts.find(params.id)),
  });
  addChange(context, {
    method: 'PATCH',
    path: '/accounts/:id',
    scope: 'accounts:write',
    summary: 'Changes an account; what is not named stays',
    params: one,
    body: change,
    result: account,
    handle: async ({ params, body }) => {
      const answer = existing(await accounts.change(params.id, body));
      return { answer, changed: { accountId: answer.id, name: answer.name, ...body } };
    },
  });
  addChange(context, {
    method: 'DELETE',
    path: '/accounts/:id',
    scope: 'accounts:write',
    summary: 'Removes an account and its passkeys',
    params: one,
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      const { id: accountId, name: itsName } = existing(await accounts.find(params.id));
      existing((await accounts.remove(accountId)) || null);
      return { changed: { accountId, name: itsName } };
    },
  });
}
