/**
 * qBittorrent's WebAPI v2 as other programs know it: forms and addresses in, JSON and short texts out, below `/api/v2`.
 * What changes something takes POST alone.
 */
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ByteCount } from '../../../base/units.ts';
import { allows, type Caller } from '../../access/index.ts';
import { attachment } from '../content-disposition.ts';
import type { ApiContext, ApiMount } from '../context.ts';
import { sendLong } from '../long-list.ts';
import { sendFile } from '../send-file.ts';
import type { TorrentFetch } from '../torrent-fetch.ts';
import { addAuth, callerOf } from './auth.ts';
import { type ApiFault, faultOf, forbidden, notFound, wrongMethod } from './api-fault.ts';
import { type Answer, type ApiState, type Call, ContentAnswer, type Endpoint, type FileAnswer } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { LARGEST_FILE } from './preferences.ts';
import { readRequest } from './read-request.ts';
import { SyncMemory } from './sync-memory.ts';

export interface QbittorrentOptions {
  readonly fetchTorrent: TorrentFetch;
}

/** What a route says of itself. */
interface RouteConfig {
  /** Everybody may call it. */
  readonly isOpen?: boolean;
  readonly endpoint?: Endpoint;
}

const CALLER = 'qbittorrentCaller';
const TEXT = 'text/plain; charset=utf-8';
/** A form without files: hashes of a hundred thousand torrents. */
const LONGEST_FORM: ByteCount = 8 * 1024 * 1024;
const LONGEST_FIELD: ByteCount = 1024 * 1024;
const MOST_FILES = 500;
const MOST_FIELDS = 100;

export const qbittorrent = (options: QbittorrentOptions): ApiMount => ({
  prefix: '/api/v2',
  add: (app, context) => addQbittorrent(app, context, options),
});

async function addQbittorrent(
  app: FastifyInstance,
  context: ApiContext,
  { fetchTorrent }: QbittorrentOptions,
): Promise<void> {
  const { client, clock, logger, random, bodies, access, creations } = context;
  const state: ApiState = { client, access, creations, clock, logger, fetchTorrent, sync: new SyncMemory(random) };
  await addBodies(app);
  app.setErrorHandler((error, _request, reply) => sendFault(reply, faultOf(error, logger)));
  addCallers(app, context);
  bodies.addTo(app, (request) => request.getDecorator<Caller | null>(CALLER)?.scope ?? null);
  addAuth(app, context);
  for (const [path, endpoint] of endpoints) {
    const config: RouteConfig = { endpoint };
    app.route({
      method: ['GET', 'POST', ...(endpoint.answersHead === true ? ['HEAD'] : [])],
      url: `/${path}`,
      config,
      handler: async (request, reply) => {
        const caller = request.getDecorator<Caller>(CALLER);
        const { params, files } = await readRequest(request, endpoint.isChange ? {} : null);
        // A body may take its time, in which a token is revoked and a user goes.
        if (!caller.isValid()) throw forbidden();
        const afterAnswer = (work: () => void): void => void reply.raw.once('close', work);
        const call: Call = { ...state, params, files, caller, afterAnswer };
        const answer = await endpoint.run(call);
        if (endpoint.isChange) logger.info('asked by the qBittorrent API', { path, by: caller.name });
        if (answer instanceof ContentAnswer) {
          const { torrent, index } = answer;
          return sendFile({ torrent, index, isSaved: true }, { ...context, caller, request, reply });
        }
        return send(reply, answer);
      },
    });
  }
  // Who is not known learns nowhere what there is.
  app.route({
    method: ['GET', 'POST'],
    url: '/*',
    handler: () => {
      throw notFound();
    },
  });
}

/** Forms, and whatever else clients call what they send, or call nothing. */
async function addBodies(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  await app.register(multipart, {
    limits: {
      fileSize: LARGEST_FILE,
      files: MOST_FILES,
      fields: MOST_FIELDS,
      parts: MOST_FILES + MOST_FIELDS,
      fieldSize: LONGEST_FIELD,
      headerPairs: 20,
    },
  });
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: LONGEST_FORM }, (_request, body, done) =>
    done(null, body),
  );
}

/** Lets requests pass when their caller may do what they ask for, before their body is read. */
function addCallers(app: FastifyInstance, context: ApiContext): void {
  app.decorateRequest(CALLER, null);
  app.addHook('onRequest', async (request) => {
    const { isOpen = false, endpoint } = request.routeOptions.config as RouteConfig;
    if (isOpen) return;
    const caller = await callerOf(request, context);
    if (caller === null) throw forbidden();
    request.setDecorator(CALLER, caller);
    if (endpoint === undefined) return;
    if (endpoint.isChange && request.method !== 'POST') throw wrongMethod();
    if (!allows(caller.scope, endpoint.scope)) {
      throw forbidden(`${caller.name} may not do this: it needs the scope ${endpoint.scope}`);
    }
  });
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer === undefined || typeof answer === 'string') return reply.type(TEXT).send(answer ?? '');
  if (!isFile(answer)) return sendLong(reply, answer);
  const { fileName, type, bytes } = answer;
  return reply.type(type).header('content-disposition', attachment(fileName)).send(bytes);
}

const isFile = (answer: object): answer is FileAnswer => 'bytes' in answer && answer.bytes instanceof Uint8Array;

function sendFault(reply: FastifyReply, { status, message, retryAfter }: ApiFault): FastifyReply {
  if (retryAfter !== null) void reply.header('retry-after', retryAfter);
  if (status === 405) void reply.header('allow', 'POST');
  return reply.code(status).type(TEXT).send(message);
}
