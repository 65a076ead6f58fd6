/** Version 1 of the client's API: everything below `/api/v1`, and the description of it. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Caller } from '../../access/index.ts';
import { apiError } from '../../http-api/index.ts';
import { type ApiDescription, openApi } from '../../openapi/index.ts';
import { addCallers, callerOf, CSRF_HEADER, type RouteConfig } from '../callers.ts';
import type { ApiContext } from '../context.ts';
import { addAccounts } from './accounts.ts';
import { addCategories } from './categories.ts';
import { addClient } from './client.ts';
import { addCreation } from './creation.ts';
import { type Description, docsPage, DOCS_POLICY } from './docs-page.ts';
import { addEvents } from './events.ts';
import { addFileContent } from './file-content.ts';
import { addPlaylists } from './playlist.ts';
import { RepeatedRequests } from './repeated-requests.ts';
import type { V1Context } from './route.ts';
import { addSettings } from './settings.ts';
import { addTorrentActions } from './torrent-actions.ts';
import { addTorrentAdding } from './torrent-adding.ts';
import { addTorrentList } from './torrent-list.ts';
import { addTorrent } from './torrent.ts';
import { addWebhooks } from './webhooks.ts';

const description: ApiDescription = {
  title: 'DST Torrent client',
  description:
    'Errors are problem details (RFC 9457) with a stable `code`. A POST with an Idempotency-Key can be repeated for a day.',
  securitySchemes: {
    token: { type: 'http', scheme: 'bearer', description: 'made by `dst token` or POST /api/v1/tokens' },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: 'dst_session',
      description: `made by POST /api/v1/sessions; what changes something needs the header ${CSRF_HEADER} too`,
    },
  },
};

/** Adds the API to an app that is nothing but `/api/v1`. */
export async function addApiV1(api: FastifyInstance, context: ApiContext): Promise<void> {
  // What remains is JSON: a page of another site cannot send it unasked (it is none of the simple types of CORS).
  api.removeContentTypeParser('text/plain');
  // Many libraries name the type of a body also where they send none.
  const parse = api.getDefaultJsonParser('error', 'error');
  api.removeContentTypeParser('application/json');
  api.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
  // It makes the hooks of the API hold for paths that lead nowhere; who asks is looked at first.
  api.setNotFoundHandler(() => {
    throw apiError('API_NOT_FOUND', 'there is nothing at this path');
  });
  addCallers(api, context);
  context.bodies.addTo(api, (request) => (callerOf(request) as Caller | null)?.scope ?? null);
  await api.register(swagger, openApi(description));
  addDescription(api);
  const v1: V1Context = { ...context, app: api, repeated: new RepeatedRequests(context.clock) };
  addTorrentList(v1);
  addTorrent(v1);
  addTorrentActions(v1);
  addFileContent(v1);
  addPlaylists(v1);
  addCreation(v1);
  addCategories(v1);
  addSettings(v1);
  addClient(v1);
  addEvents(v1);
  addAccounts(v1);
  addWebhooks(v1);
  await api.register((adding) => addTorrentAdding({ ...v1, app: adding }));
}

function addDescription(api: FastifyInstance): void {
  const config: RouteConfig = { scope: 'read' };
  api.get('/openapi.json', { config, schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(api.swagger())),
  );
  const page: RouteConfig = { scope: 'read', isPage: true };
  api.get('/docs', { config: page, schema: { hide: true } }, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', DOCS_POLICY)
      .send(docsPage(api.swagger() as unknown as Description)),
  );
}
