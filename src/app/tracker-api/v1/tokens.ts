/** Tokens for this API. A token hands on at most what it allows itself, and for no longer. */
import * as z from 'zod';
import { toHex } from '../../../base/bytes.ts';
import type { ApiToken } from '../../../db/index.ts';
import { apiError } from '../../http-api/index.ts';
import { expiry, name, nothing, requireFuture, seconds } from '../../openapi/index.ts';
import { createToken, grants, scopes } from './auth.ts';
import { type ApiContext, addChange, addReading } from './route.ts';
import { pageOf, secretId } from './schemas.ts';

const token = z
  .object({
    id: z.string().describe('64 hexadecimal digits'),
    name: z.string(),
    scopes: z.array(z.string()),
    createdAt: seconds,
    expiresAt: expiry,
    revokedAt: seconds.nullable().describe('unix seconds; null: it was not revoked'),
  })
  .meta({ id: 'Token' });
const newToken = token.extend({ token: z.string().describe('the token itself; it is told only now') });
const creation = z.strictObject({
  name,
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  expiresAt: expiry.default(null),
});

const view = ({ hash, ...rest }: ApiToken): z.output<typeof token> => ({
  ...rest,
  id: toHex(hash),
  scopes: [...rest.scopes],
});

export function addTokens(context: ApiContext): void {
  const { repository } = context.service;
  addReading(context, {
    path: '/tokens',
    scope: 'tokens:write',
    summary: 'Lists tokens, revoked and expired ones too, oldest first',
    result: pageOf(token, z.string()),
    handle: async () => ({ items: (await repository.apiTokens.list()).map(view), next: null }),
  });
  addChange(context, {
    method: 'POST',
    path: '/tokens',
    scope: 'tokens:write',
    summary: 'Makes a token with scopes and an end that the own token has too, and tells it, this once',
    body: creation,
    status: 201,
    result: newToken,
    handle: async ({ body, caller }) => {
      requireFuture(body.expiresAt, context.clock, 'body/expiresAt');
      const lacking = body.scopes.find((scope) => !grants(caller.scopes, scope));
      if (lacking !== undefined) {
        throw apiError('API_SCOPE_MISSING', `a token without the scope ${lacking} cannot make one that has it`);
      }
      if ((body.expiresAt ?? Infinity) > (caller.expiresAt ?? Infinity)) {
        throw apiError(
          'API_INVALID',
          `body/expiresAt: a token that ends at ${caller.expiresAt} makes none that ends later`,
        );
      }
      const answer = { ...body, ...(await createToken(repository, body)), revokedAt: null };
      return { answer, changed: { tokenId: answer.id, ...body } };
    },
  });
  addChange(context, {
    method: 'DELETE',
    path: '/tokens/:id',
    scope: 'tokens:write',
    summary: 'Revokes a token',
    params: z.strictObject({ id: secretId }),
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      const revoked = await repository.apiTokens.revoke(params.id);
      if (revoked === null) throw apiError('API_NOT_FOUND', 'there is no valid token of this id');
      return { changed: { tokenId: toHex(revoked.hash), name: revoked.name } };
    },
  });
}
