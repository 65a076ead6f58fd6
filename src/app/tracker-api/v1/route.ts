/**
 * How a route of the administration API is declared: what it takes and gives as schemas, its scope, and what it does.
 * From this one place come the check of the token, the validation, and the description for OpenAPI.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ByteCount } from '../../../base/units.ts';
import type { ApiToken } from '../../../db/index.ts';
import { errorAnswer } from '../../openapi/index.ts';
import { bodyLimits } from '../request-limits.ts';
import type { TrackerService } from '../service.ts';
import { callerOf, type Scope } from './auth.ts';

/** Where routes are added, and what they work on. */
export interface ApiContext {
  readonly app: FastifyInstance;
  readonly service: TrackerService;
  readonly clock: Pick<Clock, 'wall'>;
  /** Gets a line for each change. */
  readonly logger: Logger;
}

interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The token that the request came with. */
  readonly caller: ApiToken;
}

/** What a route takes and gives. */
interface Route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType> {
  /** Below `/api/v1/tracker`. */
  readonly path: string;
  readonly scope: Scope;
  /** One line for the description. */
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Media type of the body; default: JSON. */
  readonly consumes?: string;
  /** Longest body, bytes; default: that of JSON. `bodyLimitOf` has to know of another one. */
  readonly bodyLimit?: ByteCount;
  /** Of the answer; default: 200. */
  readonly status?: 200 | 201 | 204;
  readonly result: Result;
}

/** A route that shows something. */
interface Reading<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>
  extends Route<P, Q, B, R> {
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<z.output<R>>;
}

/** A route that changes something. */
interface Change<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>
  extends Route<P, Q, B, R> {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<{
    /** What was changed, for the log: ids and names, and nothing that is secret. */
    readonly changed: object;
    readonly answer?: z.output<R>;
  }>;
}

/** `/torrents/:infoHash` is about `torrents`. */
const tagOf = (path: string): string => path.split('/')[1] as string;

/** Adds a route that changes nothing. */
export function addReading<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
>({ app }: ApiContext, route: Reading<Params, Query, Body, Result>): void {
  add(app, 'GET', route, (call) => route.handle(call));
}

/** Adds a route that changes something: what was changed is logged, and the tracker takes it over before the answer goes out. */
export function addChange<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
>({ app, service, logger }: ApiContext, route: Change<Params, Query, Body, Result>): void {
  const { method, path } = route;
  add(app, method, route, async (call) => {
    const { changed, answer } = await route.handle(call);
    logger.info('api change', { caller: call.caller.name, method, path: app.prefix + path, ...changed });
    await service.refresh();
    return answer as z.output<Result>;
  });
}

function add<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType>(
  app: FastifyInstance,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  route: Route<Params, Query, Body, Result>,
  handle: (call: Call<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<z.output<Result>>,
): void {
  const { path, scope, summary, status = 200, result, consumes, bodyLimit = bodyLimits.json } = route;
  const callOf = (request: FastifyRequest): Call<z.output<Params>, z.output<Query>, z.output<Body>> => ({
    params: request.params as z.output<Params>,
    query: request.query as z.output<Query>,
    body: request.body as z.output<Body>,
    caller: callerOf(request) as ApiToken,
  });
  app.route({
    method,
    url: path,
    bodyLimit,
    config: { scope },
    schema: {
      summary,
      tags: [tagOf(path)],
      security: [{ token: [scope] }],
      ...(consumes !== undefined && { consumes: [consumes] }),
      ...(route.params !== undefined && { params: route.params }),
      querystring: route.query ?? z.strictObject({}),
      ...(route.body !== undefined && { body: route.body }),
      response: { [status]: result, default: errorAnswer },
    },
    handler: async (request, reply) => {
      const answer = await handle(callOf(request));
      void reply.code(status);
      return answer;
    },
  });
}
