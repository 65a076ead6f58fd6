/**
 * Who makes a request to the client's own API: whoever comes through the socket, a token, a session of a browser, or,
 * where a route takes it, a ticket in the address. A route says what its caller needs; one that says nothing answers
 * nobody.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { equalBytes } from '../../base/bytes.ts';
import { allows, type Caller, type Scope } from '../access/index.ts';
import { apiError, hashOfSecret } from '../http-api/index.ts';
import type { ApiContext } from './context.ts';
import type { PageConfig } from './guards.ts';

/** What a route says of itself. */
export interface RouteConfig extends PageConfig {
  /** What its caller needs; `anyone`: nothing, not even a name. */
  readonly scope: Scope | 'anyone';
  /** A ticket for its path will do. */
  readonly takesTicket?: boolean;
}

const CALLER = 'caller';
const WANTED = 'Bearer realm="dst"';
/** Requests with these change nothing. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
export const CSRF_HEADER = 'x-dst-csrf';

/** Name of the cookie with a session. Over TLS one that no other host and no plain connection can set. */
export const cookieName = (request: FastifyRequest): string =>
  request.protocol === 'https' ? '__Host-dst_session' : 'dst_session';

/** The id of the session that a request shows, be it valid or not. */
export function sessionIdOf(request: FastifyRequest): string | null {
  const wanted = `${cookieName(request)}=`;
  const pair = (request.headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(wanted));
  const id = pair?.trim().slice(wanted.length) ?? '';
  return /^[\w-]{43}$/.test(id) ? id : null;
}

/** Who has made a request, once it has passed the hook. */
export const callerOf = (request: FastifyRequest): Caller => request.getDecorator<Caller>(CALLER);

/** Lets requests pass to the routes of an app when their caller may do what they ask for. */
export function addCallers(app: FastifyInstance, context: ApiContext): void {
  app.decorateRequest(CALLER, null);
  app.addHook('onRequest', (request, reply, done) => {
    const { scope, takesTicket = false } = request.routeOptions.config as Partial<RouteConfig>;
    if (scope === 'anyone') {
      done();
      return;
    }
    const caller = identify(request, reply, context, takesTicket);
    request.setDecorator(CALLER, caller);
    // What is not there has no scope; whoever may look is told so.
    const needed = request.is404 ? 'read' : scope;
    if (needed === undefined || !allows(caller.scope, needed)) {
      void reply.header('www-authenticate', `${WANTED}, error="insufficient_scope", scope="${needed ?? ''}"`);
      throw apiError(
        'API_SCOPE_MISSING',
        `this needs the scope ${needed ?? ''}, and ${caller.name} has ${caller.scope}`,
      );
    }
    if (caller.csrf !== null && !SAFE_METHODS.includes(request.method)) checkCsrf(request, caller.csrf);
    done();
  });
  // A body may take its time, in which a token is revoked and a user goes.
  app.addHook('preHandler', (request, reply, done) => {
    if (request.getDecorator<Caller | null>(CALLER)?.isValid() === false) throw invalid(reply);
    done();
  });
}

function identify(request: FastifyRequest, reply: FastifyReply, context: ApiContext, takesTicket: boolean): Caller {
  const { access } = context;
  if (context.isLocal(request)) return access.bySocket();
  const { authorization } = request.headers;
  const id = sessionIdOf(request);
  const ticket = takesTicket ? (request.query as { ticket?: unknown }).ticket : undefined;
  if (authorization === undefined && id === null && ticket === undefined) {
    void reply.header('www-authenticate', WANTED);
    throw apiError('API_TOKEN_MISSING', 'this needs a token in the header Authorization: Bearer, or a login');
  }
  const caller =
    authorization !== undefined
      ? access.byBearer(authorization)
      : ((id === null ? null : access.bySession(id)) ??
        (typeof ticket === 'string' ? access.byTicket(ticket, pathOf(request)) : null));
  if (caller !== null) return caller;
  throw invalid(reply);
}

function invalid(reply: FastifyReply): Error {
  void reply.header('www-authenticate', `${WANTED}, error="invalid_token"`);
  return apiError('API_TOKEN_INVALID', 'the token is unknown, has expired or was revoked, or the session is over');
}

/** The path of a request without its query. */
const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] as string;

/** Throws API_CSRF unless the request shows the value that only pages of this host can know. */
function checkCsrf(request: FastifyRequest, csrf: string): void {
  const shown = request.headers[CSRF_HEADER];
  const isShown = typeof shown === 'string' && equalBytes(hashOfSecret(shown), hashOfSecret(csrf));
  if (!isShown)
    throw apiError('API_CSRF', 'a change with a cookie needs the header X-DST-CSRF with the value of the session');
}
