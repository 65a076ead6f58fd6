/**
 * What the tracker answers over HTTP besides announces and scrapes: health, metrics, statistics, administration.
 * Requests come as plain values from whichever thread received them (`inject`); this module has no port of its own.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { fromHex } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import {
  addNotFound,
  apiError,
  explained,
  isOurHost,
  problemAnswer,
  problemOf,
  refuseCodedBodies,
  RETRY_AFTER,
  safeHeaders,
  sendProblem,
} from '../http-api/index.ts';
import { zodCompilers } from '../openapi/index.ts';
import { trackerMetrics } from './metrics.ts';
import { statusReader } from './public-status.ts';
import { bodyLimits } from './request-limits.ts';
import type { ControlHandler, ControlRequest, ControlResponse, TrackerService, TrackerStatus } from './service.ts';
import { PAGE_POLICY, statsPage } from './stats-page.ts';
import { healthView, statsView } from './status-view.ts';
import { addApiV1, type ApiOptions } from './v1/api-v1.ts';

/** Most torrents in one scrape by POST. */
const MOST_SCRAPED = 100;

/** Paths that are answered elsewhere. */
const ANNOUNCING = ['/announce', '/scrape', '/:passkey/announce', '/:passkey/scrape'];

/** Stands in for a missing Host header, because `inject` would make one up; no host has this name (RFC 2606). */
const NO_HOST = 'host.invalid';

/** Makes the API of a tracker. */
export function trackerApi(service: TrackerService, options: ApiOptions = {}): ControlHandler {
  const app = Fastify({
    logger: false,
    bodyLimit: bodyLimits.open,
    schemaController: zodCompilers(serializerCompiler),
    routerOptions: { ignoreTrailingSlash: true },
    // Fastify has an answer of its own for addresses that it cannot read.
    frameworkErrors: (error, request, reply) => {
      secure(reply);
      if (!service.admits(request.ip)) refuse(request, reply, tooOften());
      else if (isOfApi(request)) sendProblem(reply, problemOf(error));
      else fail(reply, 400, 'BAD_REQUEST', error.message);
    },
  });
  addGuard(app, service, options.hostNames ?? (() => []));
  addNotFound(app, ANNOUNCING);
  refuseCodedBodies(app);
  app.addHook('onSend', (_request, reply, payload, done) => {
    secure(reply);
    done(null, payload);
  });
  app.setErrorHandler((thrown: { statusCode?: number; message: string }, request, reply) => {
    const error = explained(thrown, request, reply);
    if (error instanceof DstError) return refuse(request, reply, error);
    const status = thrown.statusCode ?? 500;
    return status < 500
      ? fail(reply, status, 'BAD_REQUEST', thrown.message)
      : fail(reply, 500, 'INTERNAL', 'the tracker could not answer');
  });
  const statusFor = statusReader(service, options.clock ?? systemClock);
  addHealth(app, statusFor);
  addStatistics(app, service, statusFor);
  addScrape(app, service);
  void app.register((api) => addApiV1(api, service, options), { prefix: '/api' });
  return async (request) => {
    try {
      return await inject(app, request);
    } catch (error) {
      if (!service.admits(request.host)) return problemAnswer(problemOf(tooOften()));
      if (codeOf(error) === 'ERR_INVALID_URL') {
        return problemAnswer(problemOf(apiError('API_INVALID', 'the target of the request is no address')));
      }
      options.logger?.error('api failure', { code: codeOf(error), error: messageOf(error) });
      return problemAnswer(problemOf(error));
    }
  };
}

async function inject(
  app: FastifyInstance,
  { method, target, headers, body, host }: ControlRequest,
): Promise<ControlResponse> {
  const response = await app.inject({
    method: method as 'GET',
    url: target,
    headers,
    remoteAddress: host,
    authority: NO_HOST,
    ...(body.length > 0 && { payload: Buffer.from(body) }),
  });
  const kept = Object.entries(response.headers).filter(([name]) => name !== 'content-length' && name !== 'connection');
  return {
    status: response.statusCode,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    body: response.body,
  };
}

/** Who asks too often, or for a host that is not this one, is not even read. Health is for everybody. */
function addGuard(app: FastifyInstance, service: TrackerService, hostNames: () => readonly string[]): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    if (url.startsWith('/health')) done();
    else if (!service.admits(request.ip)) refuse(request, reply, tooOften());
    // Scrapes come under any name of the tracker, as those over GET do.
    else if (url === '/scrape' || isOurHost(request.headers.host ?? '', hostNames())) done();
    else refuse(request, reply, apiError('API_UNKNOWN_HOST', 'this tracker does not know the name in the Host header'));
  });
}

/** A page has a policy of its own. */
function secure(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(safeHeaders)) if (!reply.hasHeader(name)) void reply.header(name, value);
}

const fail = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply.code(status).send({ error: { code, message } });

/** Whether the answer is to be in the words of the API. */
const isOfApi = ({ url }: FastifyRequest): boolean => url.startsWith('/api/');

const tooOften = (): DstError => apiError('API_TOO_MANY_REQUESTS', 'this address asks too often');

/** Answers with an error, in the words of the API or as all else. */
function refuse(request: FastifyRequest, reply: FastifyReply, error: DstError): FastifyReply {
  const problem = problemOf(error);
  if (isOfApi(request)) return sendProblem(reply, problem);
  if (problem.status === 429) void reply.header('retry-after', RETRY_AFTER);
  return fail(reply, problem.status, error.code.replace(/^API_/, ''), error.message);
}

type StatusReader = (request: FastifyRequest) => Promise<TrackerStatus>;

function addHealth(app: FastifyInstance, statusFor: StatusReader): void {
  app.get('/health', (request) => statusFor(request).then(healthView));
  // Whoever gets this answer is alive.
  app.get('/health/live', () => ({ status: 'ok' }));
  // Announces are answered from memory, also without a database: only threads that do not answer leave some unanswered.
  app.get('/health/ready', async (request, reply) => {
    const { checks } = await statusFor(request);
    const detail = checks['threads'] ?? null;
    return detail === null ? reply.send({ status: 'ok' }) : reply.code(503).send({ status: 'unavailable', detail });
  });
}

function addStatistics(app: FastifyInstance, service: TrackerService, statusFor: StatusReader): void {
  const metrics = trackerMetrics(service);
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  app.get('/stats', async (request, reply) => {
    const status = await statusFor(request);
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return reply.send(statsView(status));
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(statsPage(status));
  });
}

/** What is said to whom counts are not shown. */
const scrapeRefusals = {
  banned: 'your address is banned from this tracker',
  private:
    'this tracker is private: ask GET /PASSKEY/scrape, or with a token GET /api/v1/tracker/torrents/{infoHash}, for counts',
} as const;

/** `POST /scrape` with `{"infoHashes": [hex, …]}`. */
function addScrape(app: FastifyInstance, service: TrackerService): void {
  app.post('/scrape', async (request, reply) => {
    const refusal = service.scrapeRefusal(request.ip);
    if (refusal !== null) return fail(reply, 403, 'FORBIDDEN', scrapeRefusals[refusal]);
    const { infoHashes } = (request.body ?? {}) as { infoHashes?: unknown };
    if (!Array.isArray(infoHashes) || infoHashes.length > MOST_SCRAPED) {
      return fail(reply, 400, 'BAD_REQUEST', `infoHashes is to be a list of at most ${MOST_SCRAPED} info hashes`);
    }
    const files: Record<string, object> = Object.create(null) as Record<string, object>;
    for (const text of infoHashes) {
      const infoHash = typeof text === 'string' ? fromHex(text) : null;
      if (infoHash?.length !== 20) return fail(reply, 400, 'BAD_REQUEST', 'an info hash has 40 hexadecimal digits');
      files[String(text).toLowerCase()] = await service.scrape(infoHash);
    }
    return reply.send({ files });
  });
}
