/** What a request has to pass before any API sees it, and what every answer carries. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiError, isOurHost, isSameOrigin, safeHeaders, tokenIn } from '../http-api/index.ts';

/** What a route can say of itself. */
export interface PageConfig {
  /** A page for people: links of other sites may lead to it. It must change nothing. */
  readonly isPage?: boolean;
}

const headers: Readonly<Record<string, string>> = {
  ...safeHeaders,
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  // By it the commands know an answer from that of another program.
  'x-dst-api': 'v1',
};

/** A page, or a file, has a policy of its own. */
export function addSafeHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) void reply.header(name, value);
}

/** A body longer than this is not waited for when the request is refused without it. */
const SHORT_BODY = 64 * 1024;

/** Adds the guards to an app whose requests may come from pages of other sites. */
export function addGuards(
  app: FastifyInstance,
  hostNames: () => readonly string[],
  isLocal: (request: FastifyRequest) => boolean,
): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (isLocal(request)) done();
    // A page can make its own name lead here (DNS rebinding), but then it asks for that name.
    else if (!isOurHost(hostOf(request), hostNames())) {
      done(apiError('API_UNKNOWN_HOST', 'this client does not know the name in the Host header'));
    } else if (isForeign(request)) done(apiError('API_FOREIGN_ORIGIN', 'a page of another site made this request'));
    else done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    addSafeHeaders(reply);
    if (reply.statusCode >= 400 && hasLongBody(request)) void reply.header('connection', 'close');
    done(null, payload);
  });
}

/** The header Host; empty when there is none, or more than one, of which others may see another one than we (RFC 9112, 3.2). */
function hostOf({ headers: { host = '' }, raw }: FastifyRequest): string {
  const all = (raw as Partial<typeof raw>).headersDistinct?.host ?? [host];
  return all.length === 1 ? host : '';
}

/**
 * Whether a page of another site asks with what its visitor's browser sends unasked: cookies, a password of Basic. A
 * token is never sent so. Browsers name the origin of what changes something; of the rest they say where it comes from.
 */
function isForeign({
  headers: { host = '', origin, authorization, ...rest },
  method,
  routeOptions,
}: FastifyRequest): boolean {
  if (tokenIn(authorization) !== null) return false;
  if (origin !== undefined) return !isSameOrigin(origin, host);
  const site = rest['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const { isPage = false } = routeOptions.config as PageConfig;
  return !(isPage && method === 'GET' && rest['sec-fetch-mode'] === 'navigate');
}

/** Node reads a body to its end before it looks for the next request, unless the connection is closed. */
const hasLongBody = ({ headers: sent }: FastifyRequest): boolean =>
  sent['transfer-encoding'] !== undefined || Number(sent['content-length'] ?? 0) > SHORT_BODY;
