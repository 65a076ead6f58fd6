/**
 * Who may use the administration API: bearers of a token (RFC 6750), for what the token's scopes allow. Nothing else
 * proves anything: no cookie, nothing in the address, so that a browser has nothing that it could send unasked.
 */
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { toHex } from '../../../base/bytes.ts';
import type { Clock } from '../../../base/clock.ts';
import { systemRandom } from '../../../base/random.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { ApiToken, TrackerRepository } from '../../../db/index.ts';
import { apiError, hashOfSecret, newToken, tokenIn } from '../../http-api/index.ts';

/** What a token can allow. Writing implies reading. */
export const scopes = [
  'torrents:read',
  'torrents:write',
  'accounts:read',
  'accounts:write',
  'bans:read',
  'bans:write',
  'tokens:write',
] as const;

export type Scope = (typeof scopes)[number];

/** What the header WWW-Authenticate says when there is no token. */
export const TOKEN_WANTED = 'Bearer realm="tracker"';

/** Name of the request's property with the token that it came with. */
const CALLER = 'caller';

/** Whether scopes held allow what `scope` is needed for. */
export const grants = (held: readonly string[], scope: string): boolean =>
  held.includes(scope) || held.includes(scope.replace(/:read$/, ':write'));

export interface TokenSettings {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** From when on it is worth nothing; null: never. */
  readonly expiresAt: UnixSeconds | null;
}

/** A new token: this is the only time that it is told, because only its hash is kept. */
export interface NewToken {
  readonly token: string;
  /** Hex of the hash, by which it can be revoked. */
  readonly id: string;
  readonly createdAt: UnixSeconds;
}

/** Makes a token for the administration API. Rejects with DB_*. */
export async function createToken(
  repository: Pick<TrackerRepository, 'apiTokens'>,
  settings: TokenSettings,
): Promise<NewToken> {
  const token = newToken(systemRandom);
  const { hash, createdAt } = await repository.apiTokens.create({ ...settings, hash: hashOfSecret(token) });
  return { token, id: toHex(hash), createdAt };
}

/** The token that a request came with, once it has passed `authorization`; null before. */
export const callerOf = (request: FastifyRequest): ApiToken | null => request.getDecorator<ApiToken | null>(CALLER);

/** The valid token that a header Authorization shows, or null. Rejects with DB_*. */
export async function findToken(
  repository: TrackerRepository,
  clock: Pick<Clock, 'wall'>,
  header: string,
): Promise<ApiToken | null> {
  const token = tokenIn(header);
  if (token === null) return null;
  const found = await repository.apiTokens.find(hashOfSecret(token));
  if (found === null || found.revokedAt !== null) return null;
  return found.expiresAt !== null && found.expiresAt <= clock.wall() ? null : found;
}

/** Hook before every request: lets it pass with a token that has the scope of the route, and remembers the token. */
export function authorization(
  repository: TrackerRepository,
  clock: Pick<Clock, 'wall'>,
): { readonly property: string; readonly hook: onRequestAsyncHookHandler } {
  const hook = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { authorization: header } = request.headers;
    if (header === undefined) {
      void reply.header('www-authenticate', TOKEN_WANTED);
      throw apiError('API_TOKEN_MISSING', 'this needs a token in the header Authorization: Bearer');
    }
    const caller = await findToken(repository, clock, header);
    if (caller === null) {
      void reply.header('www-authenticate', `${TOKEN_WANTED}, error="invalid_token"`);
      throw apiError('API_TOKEN_INVALID', 'the token is unknown, has expired or was revoked');
    }
    request.setDecorator(CALLER, caller);
    const { scope } = request.routeOptions.config as { scope?: Scope };
    // A route without a scope answers nobody.
    if (scope !== undefined && grants(caller.scopes, scope)) return;
    void reply.header('www-authenticate', `${TOKEN_WANTED}, error="insufficient_scope", scope="${scope}"`);
    throw apiError('API_SCOPE_MISSING', `this needs a token with the scope ${scope}`);
  };
  return { property: CALLER, hook };
}
