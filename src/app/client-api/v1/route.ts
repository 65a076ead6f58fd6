/**
 * How a route of the client's API is declared: what it takes and gives as schemas, what its caller needs, and what it
 * does. From this one place come the check of the caller, the validation, keys of repeated requests, the log of changes
 * and the description for OpenAPI.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { ByteCount } from '../../../base/units.ts';
import type { Caller } from '../../access/index.ts';
import type { ManagedTorrent } from '../../client/index.ts';
import { apiError } from '../../http-api/index.ts';
import { errorAnswer } from '../../openapi/index.ts';
import { callerOf, type RouteConfig } from '../callers.ts';
import type { ApiContext } from '../context.ts';
import type { RepeatedRequests } from './repeated-requests.ts';

/** Where routes are added, and what they work on. */
export interface V1Context extends ApiContext {
  readonly app: FastifyInstance;
  readonly repeated: RepeatedRequests;
}

export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>
  extends RouteConfig {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `handle` answers HEAD itself, without the work of a GET. */
  readonly answersHead?: boolean;
  /** The answer does not end: there is no HEAD of it. */
  readonly isEndless?: boolean;
  /** Below `/api/v1`. */
  readonly path: string;
  /** One line for the description. */
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Headers that count here, for the description: whoever reads them checks them. */
  readonly headers?: z.ZodObject;
  /** Media types of the body besides JSON. */
  readonly consumes?: readonly string[];
  /** Fields of a body that comes as a form, for the description. */
  readonly form?: z.ZodType;
  /** Longest body, bytes. */
  readonly bodyLimit?: ByteCount;
  /** Of the answer; default: 200. `handle` can say another one. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly result: R;
  /** Media types of a result that is no JSON. */
  readonly produces?: readonly string[];
  /** What is answered with other statuses that are no problem. */
  readonly otherResults?: Readonly<Record<number, z.ZodType>>;
  /** The answer holds a secret: it is never kept, so that a repeated request is another one. */
  readonly answersSecret?: boolean;
  /** Gives the answer, or the reply when it has sent one itself. */
  handle(
    call: Call<z.output<P>, z.output<Q>, z.output<B>>,
  ): z.output<R> | FastifyReply | Promise<z.output<R> | FastifyReply>;
}

/** Schemas that several routes have in common. */
export const hashParams: z.ZodObject<{ hash: z.ZodString }> = z.strictObject({
  hash: z
    .string()
    .regex(/^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, 'a hash has 40 or 64 hexadecimal digits')
    .describe('info hash: 40 digits, of v2 64 or the first 40 of them'),
});
export const flag: z.ZodType<boolean, string> = z.enum(['true', 'false']).transform((text) => text === 'true');
export const path: z.ZodString = z.string().min(1).max(4096).describe('absolute path of a folder');
const repeatable = z.looseObject({
  'idempotency-key': z.string().optional().describe('1 to 255 visible characters: a repeated request is done once'),
});
/** What is no JSON. */
export const bareContent: z.ZodUnknown = z.unknown().describe('the content itself');

/** The torrent; throws API_NOT_FOUND when there is none. */
export function torrentOf({ client }: ApiContext, hash: string): ManagedTorrent {
  const torrent = client.torrents.find(hash);
  if (torrent === null) throw apiError('API_NOT_FOUND', 'there is no such torrent');
  return torrent;
}

/** `/torrents/:hash/files` is about `torrents`. */
const tagOf = (url: string): string => url.split('/')[1] as string;

export function addRoute<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  R extends z.ZodType = z.ZodType,
>(context: V1Context, route: Route<P, Q, B, R>): void {
  const { method, path: url, scope, summary, status = 200, result, bodyLimit, consumes = [], produces } = route;
  const { isPage = false, takesTicket = false } = route;
  const config: RouteConfig = { scope, isPage, takesTicket };
  const isKept = method === 'POST' && scope !== 'anyone' && route.answersSecret !== true;
  const headers = isKept ? repeatable : route.headers;
  context.app.route({
    method: route.answersHead === true ? [method, 'HEAD'] : method,
    url,
    ...(route.isEndless === true && { exposeHeadRoute: false }),
    ...(bodyLimit !== undefined && { bodyLimit }),
    config,
    schema: {
      summary,
      tags: [tagOf(url)],
      security: scope === 'anyone' ? [] : [{ token: [scope] }, { session: [scope] }],
      ...(consumes.length > 0 && { consumes: ['application/json', ...consumes] }),
      ...(route.form !== undefined && { form: route.form }),
      ...(headers !== undefined && { headers }),
      ...(route.params !== undefined && { params: route.params }),
      querystring: route.query ?? z.strictObject({ ...(takesTicket && { ticket: z.string().optional() }) }),
      ...(route.body !== undefined && { body: route.body }),
      ...(produces !== undefined && { produces: [...produces] }),
      response: { [status]: result, ...route.otherResults, default: errorAnswer },
    },
    handler: async (request, reply) => {
      void reply.code(status);
      const caller = callerOf(request);
      const call = {
        params: request.params as z.output<P>,
        query: request.query as z.output<Q>,
        body: request.body as z.output<B>,
        caller,
        request,
        reply,
      };
      const handle = async (): Promise<unknown> => await route.handle(call);
      const answer = await (isKept ? context.repeated.answer(request, reply, caller, handle) : handle());
      if (method !== 'GET') logChange(context, request, caller);
      return answer;
    },
  });
}

function logChange(
  { logger }: V1Context,
  { method, routeOptions, params }: FastifyRequest,
  caller: Caller | null,
): void {
  logger.info('api change', {
    caller: caller?.name ?? null,
    by: caller?.kind ?? null,
    method,
    path: routeOptions.url,
    ...(params as object),
  });
}
