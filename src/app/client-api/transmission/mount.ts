/**
 * Transmission's RPC as other programs know it: HTTP POST of JSON at `/transmission/rpc`, guarded by Basic or a token, and
 * by a session id that a page of another site cannot read (answer 409, rpc-spec §2.3.1).
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf, DstError, messageOf } from '../../../base/errors.ts';
import type { ByteCount } from '../../../base/units.ts';
import { allows, type Caller } from '../../access/index.ts';
import type { ApiContext, ApiMount } from '../context.ts';
import type { PageConfig } from '../guards.ts';
import { AnswerList, sendLong } from '../long-list.ts';
import type { TorrentFetch } from '../torrent-fetch.ts';
import { type Dialect, dialectOf, readRequest, writeFault, writeResult } from './message.ts';
import type { MethodContext, RpcState } from './method.ts';
import { methods } from './methods.ts';
import { PassedOver } from './passed-over.ts';
import { RecentRevisions } from './recent-revisions.ts';
import { assertStillValid, rpcError, RpcFault } from './rpc-error.ts';
import { JSON_RPC_RELEASE } from './session-fields.ts';
import { SpeedMemory } from './speed-memory.ts';

export interface TransmissionOptions {
  readonly fetchTorrent: TorrentFetch;
  /** Folder with a web client for this RPC, served at `/transmission/web/`; null: none. */
  readonly webFolder: () => string | null;
}

const SESSION_HEADER = 'x-transmission-session-id';
/** A torrent file as base64, and a little more. */
const LONGEST_BODY: ByteCount = 32 * 1024 * 1024;
const SESSION_BYTES = 36;
/** Says that JSON-RPC is spoken; Transmission sends it with a 409 alone. */
const VERSION_HEADER = 'x-transmission-rpc-version';
/** Most requests of a batch. */
const MOST_REQUESTS = 100;

export const transmissionRpc = (options: TransmissionOptions): ApiMount => ({
  prefix: '/transmission',
  add: (app, context) => addTransmission(app, context, options),
});

function addTransmission(app: FastifyInstance, context: ApiContext, options: TransmissionOptions): void {
  const { client, random, logger, clock, bodies } = context;
  const sessionId = Buffer.from(random.bytes(SESSION_BYTES)).toString('base64url');
  const shared: RpcState = {
    client,
    sessionId,
    recent: new RecentRevisions(clock),
    speeds: new SpeedMemory(),
    fetchTorrent: options.fetchTorrent,
    passedOver: new PassedOver(logger),
  };
  // Clients send all kinds of types, such as `json`, and none: the body is JSON whatever they say.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: LONGEST_BODY }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onRequest', async (request, reply) => {
    request.raw.headers['content-type'] = 'application/json';
    const caller = await callerOf(request, context);
    if (caller === null) return unauthorized(reply);
    request.setDecorator('rpcCaller', caller);
    return undefined;
  });
  // A body may take its time, in which a token is revoked and a user goes.
  app.addHook('preHandler', async (request, reply) =>
    request.getDecorator<Caller>('rpcCaller').isValid() ? undefined : unauthorized(reply),
  );
  app.decorateRequest('rpcCaller', null);
  bodies.addTo(app, (request) => request.getDecorator<Caller | null>('rpcCaller')?.scope ?? null);
  app.route({
    method: ['GET', 'POST'],
    url: '/rpc',
    handler: async (request, reply) => {
      void reply.header(SESSION_HEADER, sessionId);
      if (request.headers[SESSION_HEADER] !== sessionId) return conflict(reply, sessionId);
      if (request.method !== 'POST') return reply.code(405).header('allow', 'POST').send();
      const answer = await answerTo(request, shared, logger);
      return answer === null ? reply.code(204).send() : sendLong(reply, answer);
    },
  });
  addWeb(app, options);
}

const unauthorized = (reply: FastifyReply): FastifyReply =>
  reply
    .code(401)
    .header('www-authenticate', 'Basic realm="Transmission"')
    .type('text/plain')
    .send('401: Unauthorized\n');

const conflict = (reply: FastifyReply, sessionId: string): FastifyReply =>
  reply
    .code(409)
    .header(VERSION_HEADER, JSON_RPC_RELEASE.rpc_version_semver)
    .type('text/html; charset=utf-8')
    .send(
      `<h1>409: Conflict</h1><p>Your request had an invalid session id. Send it again with this header.</p><p><code>X-Transmission-Session-Id: ${sessionId}</code></p>`,
    );

async function callerOf(request: FastifyRequest, context: ApiContext): Promise<Caller | null> {
  if (context.isLocal(request)) return context.access.bySocket();
  const { authorization = '' } = request.headers;
  const basic = /^basic +([a-z\d+/]+=*)$/i.exec(authorization)?.[1];
  if (basic === undefined) return context.access.byBearer(authorization);
  const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? [];
  try {
    return await context.access.byPassword(name, password, request.ip);
  } catch (error) {
    if (codeOf(error) === 'ACCESS_DENIED') return null;
    throw error;
  }
}

/** Null: nobody waits for an answer. */
async function answerTo(
  request: FastifyRequest,
  shared: RpcState,
  logger: ApiContext['logger'],
): Promise<object | null> {
  const caller = request.getDecorator<Caller>('rpcCaller');
  const call = (body: unknown, isInBatch: boolean): Promise<object | null> =>
    answerOne(body, isInBatch, { ...shared, caller }, logger);
  const body = parse(request.body);
  if (body === undefined) return writeFault(rpcError('parse', 'the request is not JSON'), dialectOf(body, false));
  if (!Array.isArray(body)) return await call(body, false);
  if (body.length === 0 || body.length > MOST_REQUESTS) {
    return writeFault(rpcError('invalid-request', `a batch has 1 to ${MOST_REQUESTS} requests`), dialectOf(body, true));
  }
  const answers: object[] = [];
  for (const one of body) {
    const answer = await call(one, true);
    if (answer !== null) answers.push(answer);
  }
  return answers.length === 0 ? null : new AnswerList(answers);
}

async function answerOne(
  body: unknown,
  isInBatch: boolean,
  context: MethodContext,
  logger: ApiContext['logger'],
): Promise<object | null> {
  let dialect: Dialect = dialectOf(body, isInBatch);
  try {
    const asked = readRequest(body, isInBatch);
    dialect = asked.dialect;
    const method = methods.get(asked.method);
    if (method === undefined) throw rpcError('no-method', 'method name not recognized');
    const { caller } = context;
    // Others of the batch came before it.
    assertStillValid(caller);
    if (!allows(caller.scope, method.scope)) {
      throw rpcError('system', `${caller.name} may not do this: it needs the scope ${method.scope}`);
    }
    if (method.scope !== 'read') logger.info('asked by RPC', { method: asked.method, by: caller.name });
    return writeResult(await method.run(context, asked.params), dialect);
  } catch (error) {
    return writeFault(faultOf(error, logger), dialect);
  }
}

/** Undefined: it is no JSON. */
function parse(body: unknown): unknown {
  try {
    return JSON.parse(String(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Errors of ours in the words that they have for people. */
function faultOf(error: unknown, logger: ApiContext['logger']): RpcFault {
  if (error instanceof RpcFault) return error;
  if (error instanceof DstError && error.category !== 'internal') {
    return rpcError(/^(?:METAINFO|BENCODE|MAGNET)_/.test(error.code) ? 'corrupt' : 'system', error.message);
  }
  logger.error('rpc failure', { code: codeOf(error), error: messageOf(error) });
  return rpcError('internal', 'internal error');
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/**
 * That client sets styles in its page: a policy that would forbid them makes it useless. Its scripts are files. It puts
 * words of strangers into its page as they are, and a script among them must not run.
 */
const WEB_POLICY =
  "default-src 'self'; script-src 'self'; object-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

const page: { readonly config: object } = { config: { isPage: true } satisfies PageConfig };

function addWeb(app: FastifyInstance, { webFolder }: TransmissionOptions): void {
  for (const url of ['/', '/web']) {
    app.get(url, page, (request, reply) =>
      request.url.endsWith('/web/') ? sendWeb(reply, webFolder(), 'index.html') : reply.redirect('/transmission/web/'),
    );
  }
  app.get<{ Params: { '*': string } }>('/web/*', page, async (request, reply) =>
    sendWeb(reply, webFolder(), request.params['*'] || 'index.html'),
  );
}

async function sendWeb(reply: FastifyReply, folder: string | null, path: string): Promise<FastifyReply> {
  const type = types[extname(path).toLowerCase()];
  const isPlain = normalize(path) === path && !path.startsWith('..') && !path.includes('\0');
  const file = folder === null || type === undefined || !isPlain ? null : join(folder, path);
  const found = file === null ? null : await stat(file).catch(() => null);
  if (file === null || found?.isFile() !== true) return reply.code(404).type('text/plain').send('404: Not Found\n');
  return reply
    .header('content-security-policy', WEB_POLICY)
    .header('content-length', found.size)
    .type(type as string)
    .send(createReadStream(file));
}
