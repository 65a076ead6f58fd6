/**
 * What the tracker answers over HTTP besides announces and scrapes: health, metrics, statistics, administration.
 * Requests come as plain values from whichever thread received them (`inject`); this module has no port of its own.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { fromHex } from '../../base/bytes.ts';
import { version } from '../../base/version.ts';
import { apiError } from './errors.ts';
import { trackerMetrics } from './metrics.ts';
import { problemOf, RETRY_AFTER, sendProblem } from './problem.ts';
import type { ControlHandler, TrackerService } from './service.ts';
import { PAGE_POLICY, statsPage } from './stats-page.ts';
import { addApiV1, type ApiOptions } from './v1/api-v1.ts';

/** Most torrents in one scrape by POST. */
const MOST_SCRAPED = 100;

/** Stands in for a missing Host header, because `inject` would make one up; no host has this name (RFC 2606). */
const NO_HOST = 'host.invalid';

/** Makes the API of a tracker. */
export function trackerApi(service: TrackerService, options: ApiOptions = {}): ControlHandler {
  const app = Fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    routerOptions: { ignoreTrailingSlash: true },
    // Fastify has an answer of its own for addresses that it cannot read.
    frameworkErrors: (error, request, reply) => {
      secure(reply);
      if (!service.admits(request.ip)) refuse(request, reply);
      else if (isOfApi(request)) sendProblem(reply, problemOf(error));
      else fail(reply, 400, 'BAD_REQUEST', error.message);
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url?.startsWith('/health') === true || service.admits(request.ip)) done();
    else refuse(request, reply);
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    secure(reply);
    done(null, payload);
  });
  app.setNotFoundHandler((_request, reply) => fail(reply, 404, 'NOT_FOUND', 'there is nothing at this path'));
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return status < 500
      ? fail(reply, status, 'BAD_REQUEST', error.message)
      : fail(reply, 500, 'INTERNAL', 'the tracker could not answer');
  });
  addHealth(app, service);
  addStatistics(app, service);
  addScrape(app, service);
  void app.register((api) => addApiV1(api, service, options), { prefix: '/api' });
  return async ({ method, target, headers, body, host }) => {
    const response = await app.inject({
      method: method as 'GET',
      url: target,
      headers,
      remoteAddress: host,
      authority: NO_HOST,
      ...(body.length > 0 && { payload: Buffer.from(body) }),
    });
    const kept = Object.entries(response.headers).filter(
      ([name]) => name !== 'content-length' && name !== 'connection',
    );
    return {
      status: response.statusCode,
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      body: response.body,
    };
  };
}

/** Headers that keep browsers from making more of an answer than it is. */
function secure(reply: FastifyReply): void {
  void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
  void reply.header('cache-control', 'no-store').header('cross-origin-resource-policy', 'same-origin');
  if (reply.getHeader('content-security-policy') === undefined) {
    void reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  }
}

const fail = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply.code(status).send({ error: { code, message } });

/** Whether the answer is to be in the words of the API. */
const isOfApi = ({ url }: FastifyRequest): boolean => url.startsWith('/api/');

/** Answers whoever asks too often. */
function refuse(request: FastifyRequest, reply: FastifyReply): void {
  const error = apiError('API_TOO_MANY_REQUESTS', 'this address asks too often');
  if (isOfApi(request)) sendProblem(reply, problemOf(error));
  else fail(reply.header('retry-after', RETRY_AFTER), 429, 'TOO_MANY_REQUESTS', error.message);
}

function addHealth(app: FastifyInstance, service: TrackerService): void {
  app.get('/health', () => {
    const { problems, counters: _counters, ...status } = service.status();
    return { status: problems.length === 0 ? 'ok' : 'degraded', version, problems, ...status };
  });
  // Whoever gets this answer is alive, and whoever listens is ready: a degraded tracker still serves.
  app.get('/health/live', () => ({ status: 'ok' }));
  app.get('/health/ready', () => ({ status: 'ok' }));
}

function addStatistics(app: FastifyInstance, service: TrackerService): void {
  const metrics = trackerMetrics(service);
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  app.get('/stats', (request, reply) => {
    const status = service.status();
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return reply.send(status);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(statsPage(status));
  });
}

/** `POST /scrape` with `{"infoHashes": [hex, …]}`. */
function addScrape(app: FastifyInstance, service: TrackerService): void {
  app.post('/scrape', async (request, reply) => {
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
