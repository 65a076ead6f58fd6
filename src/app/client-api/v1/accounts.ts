/** Users, sessions of browsers, and tokens of programs. */
import * as z from 'zod';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { allows, type Caller, roles, scopes, type StoredToken, type StoredUser } from '../../access/index.ts';
import { apiError } from '../../http-api/index.ts';
import { expiry, name, nothing, requireFuture, seconds } from '../../openapi/index.ts';
import { cookieName, sessionIdOf } from '../callers.ts';
import { addRoute, type V1Context } from './route.ts';

const userName = z.string().min(1).max(64);
const password = z.string().max(256);
const role = z.enum(roles);
const scope = z.enum(scopes);
/** Longest body of a login, bytes: it comes from everybody. */
const LOGIN_BODY = 4096;

const user = z.object({ name: z.string(), role, createdAt: seconds }).meta({ id: 'User' });
const token = z
  .object({
    id: z.string().describe('64 hexadecimal digits'),
    name: z.string(),
    scope,
    owner: z.string().nullable().describe('the user whose token it is; null: it was made on the machine'),
    createdAt: seconds,
    expiresAt: expiry,
  })
  .meta({ id: 'Token' });
const session = z
  .object({
    name: z.string(),
    kind: z.enum(['socket', 'session', 'password', 'token', 'ticket']),
    scope,
    csrf: z.string().nullable().describe('of a session: goes into the header X-DST-CSRF of what changes something'),
  })
  .meta({ id: 'Session' });

const viewOfUser = ({ name: called, role: has, createdAt }: StoredUser): z.output<typeof user> => ({
  name: called,
  role: has,
  createdAt,
});
const viewOfToken = ({ hash, ...rest }: StoredToken): z.output<typeof token> => ({ id: toHex(hash), ...rest });
const viewOfCaller = ({ name: called, kind, scope: held, csrf }: Caller): z.output<typeof session> => ({
  name: called,
  kind,
  scope: held,
  csrf,
});

export function addAccounts(context: V1Context): void {
  addSessions(context);
  addOwnPassword(context);
  addUsers(context);
  addTokens(context);
}

function addSessions(context: V1Context): void {
  const { access } = context;
  addRoute(context, {
    method: 'POST',
    path: '/sessions',
    scope: 'anyone',
    summary: 'Logs in: gives the cookie of a session, and the value for the header X-DST-CSRF',
    body: z.strictObject({ name: userName, password }),
    bodyLimit: LOGIN_BODY,
    status: 201,
    result: session,
    handle: async ({ body, request, reply }) => {
      const { caller, id, session: begun } = await access.login(body.name, body.password, request.ip);
      const old = sessionIdOf(request);
      if (old !== null) access.logout(old);
      const age = begun.endsAt - begun.startedAt;
      const secure = request.protocol === 'https' ? '; Secure' : '';
      void reply.header(
        'set-cookie',
        `${cookieName(request)}=${id}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`,
      );
      return viewOfCaller(caller);
    },
  });
  addRoute(context, {
    method: 'GET',
    path: '/session',
    scope: 'read',
    summary: 'Says who asks, and what they may do',
    result: session,
    handle: ({ caller }) => viewOfCaller(caller),
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/session',
    scope: 'read',
    summary: 'Logs out',
    status: 204,
    result: nothing,
    handle: ({ request, reply, caller }) => {
      const id = sessionIdOf(request);
      if (id === null || caller.kind !== 'session') throw apiError('API_CONFLICT', 'only a session can be ended so');
      access.logout(id);
      void reply.header('set-cookie', `${cookieName(request)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`);
    },
  });
}

function addOwnPassword(context: V1Context): void {
  const { access } = context;
  addRoute(context, {
    method: 'PUT',
    path: '/session/password',
    scope: 'read',
    summary: 'Changes the own password, and ends all own sessions',
    body: z.strictObject({ current: password, password }),
    status: 204,
    result: nothing,
    handle: async ({ body, caller, request }) => {
      // Whoever has a token has not the password by it.
      if (caller.kind !== 'session') throw apiError('API_CONFLICT', 'this is for who has logged in');
      const { user: own } = await access.byPassword(caller.name, body.current, request.ip);
      await access.changeUser(own ?? '', { password: body.password });
    },
  });
}

function addUsers(context: V1Context): void {
  const { access } = context;
  const one = z.strictObject({ name: userName });
  addRoute(context, {
    method: 'GET',
    path: '/users',
    scope: 'admin',
    summary: 'Lists users',
    result: z.object({ items: z.array(user) }),
    handle: () => ({ items: access.users().map(viewOfUser) }),
  });
  addRoute(context, {
    method: 'POST',
    path: '/users',
    scope: 'admin',
    summary: 'Makes a user: a viewer looks, an operator works with torrents, an admin may do everything',
    body: z.strictObject({ name: userName, role, password }),
    status: 201,
    result: user,
    handle: async ({ body }) => viewOfUser(await access.addUser(body)),
  });
  addRoute(context, {
    method: 'PATCH',
    path: '/users/:name',
    scope: 'admin',
    summary: 'Changes the role or password of a user; a new password ends its sessions',
    params: one,
    body: z.strictObject({ role: role.optional(), password: password.optional() }),
    result: user,
    handle: async ({ params, body }) => viewOfUser(await access.changeUser(params.name, body)),
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/users/:name',
    scope: 'admin',
    summary: 'Removes a user with its sessions and tokens',
    params: one,
    status: 204,
    result: nothing,
    handle: ({ params }) => access.removeUser(params.name),
  });
}

/** A token that got into wrong hands should neither live on in its children nor end others. */
function requirePerson({ kind, scope: held }: Caller): void {
  if (kind !== 'token' || held === 'admin') return;
  throw apiError('API_SCOPE_MISSING', 'this is for users, and for tokens with the scope admin');
}

function addTokens(context: V1Context): void {
  const { access, clock } = context;
  const isOwn = ({ user: own, scope: held }: Caller, { owner }: StoredToken): boolean =>
    held === 'admin' || owner === own;
  addRoute(context, {
    method: 'GET',
    path: '/tokens',
    scope: 'read',
    summary: 'Lists the own tokens; to an admin those of all',
    result: z.object({ items: z.array(token) }),
    handle: ({ caller }) => ({
      items: access
        .tokens()
        .filter((one) => isOwn(caller, one))
        .map(viewOfToken),
    }),
  });
  addRoute(context, {
    method: 'POST',
    path: '/tokens',
    scope: 'read',
    summary: 'Makes a token that may do at most what its maker may, and tells it, this once',
    body: z.strictObject({ name, scope, expiresAt: expiry.default(null) }),
    status: 201,
    answersSecret: true,
    result: token.extend({ token: z.string().describe('the token itself; it is told only now') }),
    handle: async ({ body, caller }) => {
      requireFuture(body.expiresAt, clock, 'body/expiresAt');
      if (!allows(caller.scope, body.scope)) {
        throw apiError('API_SCOPE_MISSING', `who has ${caller.scope} makes no token with ${body.scope}`);
      }
      requirePerson(caller);
      const { token: secret, stored } = await access.addToken({ ...body, owner: caller.user });
      return { ...viewOfToken(stored), token: secret };
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/tokens/:id',
    scope: 'read',
    summary: 'Revokes an own token; an admin any',
    params: z.strictObject({ id: z.string().regex(/^[0-9a-fA-F]{64}$/, 'an id has 64 hexadecimal digits') }),
    status: 204,
    result: nothing,
    handle: async ({ params, caller }) => {
      requirePerson(caller);
      const id = params.id.toLowerCase();
      const known = access.tokens().find((one) => toHex(one.hash) === id);
      if (known === undefined || !isOwn(caller, known)) throw apiError('API_NOT_FOUND', 'there is no such token');
      await access.revokeToken(fromHex(id) as Uint8Array);
    },
  });
}
