/** Of a request that leads nowhere the body is of no interest, and another method of its path may be. */
import type { FastifyInstance } from 'fastify';
import { AllowedMethods } from './allowed-methods.ts';
import { apiError } from './errors.ts';

/** Answers what leads nowhere, for all routes that are added from now on; `elsewhere` are paths that others answer to GET. */
export function addNotFound(app: FastifyInstance, elsewhere: readonly string[] = []): void {
  const allowed = new AllowedMethods();
  for (const path of elsewhere) allowed.add(path, 'GET');
  app.addHook('onRoute', ({ url, method }) => allowed.add(url, method));
  app.addHook('preParsing', (request, reply, payload, done) => {
    const methods = request.is404 ? allowed.of(request.url) : [];
    if (!request.is404) done(null, payload);
    else if (methods.length === 0 || methods.includes(request.method)) {
      done(apiError('API_NOT_FOUND', 'there is nothing at this path'));
    } else if (allowed.lacksName(request.url, request.method)) {
      done(apiError('API_INVALID', 'the path ends where a name has to stand, and an empty one is none'));
    } else {
      void reply.header('allow', methods.join(', '));
      done(apiError('API_METHOD', `${request.method} does nothing here: this path takes ${methods.join(', ')}`));
    }
  });
}
