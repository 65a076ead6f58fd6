/** Version 1 of the administration API: everything below `/api`, and the description of it. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { codeOf, messageOf } from '../../../base/errors.ts';
import { type Logger, silentLogger } from '../../../base/logger.ts';
import { apiError, explained, isSameOrigin, problemOf, sendProblem } from '../../http-api/index.ts';
import { type ApiDescription, openApi } from '../../openapi/index.ts';
import type { TrackerService } from '../service.ts';
import { addAccounts } from './accounts.ts';
import { authorization } from './auth.ts';
import { addBans } from './bans.ts';
import { addPasskeys } from './passkeys.ts';
import { addTokens } from './tokens.ts';
import { addTorrentUpload } from './torrent-upload.ts';
import { addTorrents } from './torrents.ts';

export interface ApiOptions {
  /** Names by which the tracker is reached, besides addresses and localhost; asked at each request. */
  readonly hostNames?: () => readonly string[];
  /** Gets a line for each change and for each failure. */
  readonly logger?: Logger;
  readonly clock?: Pick<Clock, 'wall'>;
}

const description: ApiDescription = {
  title: 'DST Torrent tracker',
  description: 'Administration of a tracker. Errors are problem details (RFC 9457) with a stable `code`.',
  securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'made by `dst tracker token`' } },
};

/** Adds the API to an app that is nothing but `/api`. */
export async function addApiV1(api: FastifyInstance, service: TrackerService, options: ApiOptions = {}): Promise<void> {
  const { logger = silentLogger, clock = systemClock } = options;
  // What remains is JSON: a page of another site cannot send it unasked (it is none of the simple types of CORS).
  api.removeContentTypeParser('text/plain');
  addErrors(api, logger);
  addOriginGuard(api);
  await api.register(swagger, openApi(description));
  api.get('/v1/openapi.json', { schema: { hide: true } }, () => api.swagger());
  await api.register((tracker) => addTracker(tracker, service, clock, logger), { prefix: '/v1/tracker' });
}

function addErrors(api: FastifyInstance, logger: Logger): void {
  // It makes the hooks and errors of the API hold for paths that lead nowhere; the answer to those is one of the hooks.
  api.setNotFoundHandler(() => {
    throw apiError('API_NOT_FOUND', 'there is nothing at this path');
  });
  api.setErrorHandler((error, request, reply) => {
    const problem = problemOf(explained(error, request, reply));
    if (problem.status === 500) {
      const { method, routeOptions } = request;
      logger.error('api failure', { method, path: routeOptions.url, code: codeOf(error), error: messageOf(error) });
    }
    sendProblem(reply, problem);
  });
}

function addOriginGuard(api: FastifyInstance): void {
  api.addHook('onRequest', (request, _reply, done) => {
    const { host = '', origin } = request.headers;
    if (origin !== undefined && !isSameOrigin(origin, host)) {
      done(apiError('API_FOREIGN_ORIGIN', 'a page of another site made this request'));
      return;
    }
    done();
  });
}

async function addTracker(
  app: FastifyInstance,
  service: TrackerService,
  clock: Pick<Clock, 'wall'>,
  logger: Logger,
): Promise<void> {
  const { property, hook } = authorization(service.repository, clock);
  app.decorateRequest(property, null);
  app.addHook('onRequest', hook);
  const context = { app, service, clock, logger };
  addTorrents(context);
  addAccounts(context);
  addPasskeys(context);
  addBans(context);
  addTokens(context);
  await app.register((uploads) => Promise.resolve(addTorrentUpload({ ...context, app: uploads })));
}
