/**
 * The client's APIs over HTTP: one app behind all addresses and the socket. Its own API is at `/api/v1`; those that
 * other programs know are mounted beside it (`ApiMount` in context.ts says what they get and have to do). Without proof
 * of who asks there is nothing but `/health/live` and the login.
 */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { RequestListener } from 'node:http';
import type { PeerAddress } from '../../base/address.ts';
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import { addNotFound, explained, problemOf, refuseCodedBodies, sendProblem } from '../http-api/index.ts';
import { zodCompilers } from '../openapi/index.ts';
import type { Certificate } from '../served-certificate/index.ts';
import { BodyBudget } from './body-budget.ts';
import { addCompression } from './compression.ts';
import type { ApiContext, ApiMount } from './context.ts';
import { CreationTasks } from './creation-tasks.ts';
import { addGuards, addSafeHeaders } from './guards.ts';
import { addHealth, type HealthSources } from './health.ts';
import { Listeners } from './listeners.ts';
import { fileReaders } from './send-file.ts';
import { addStartPage } from './start-page.ts';
import { addApiV1 } from './v1/api-v1.ts';

const { createServer } = process.getBuiltinModule('node:http'); // not imported: see discovery/tracker-client/node-network.ts

export interface ClientApiParts
  extends Omit<ApiContext, 'isLocal' | 'bodies' | 'readers' | 'creations'>,
    Partial<HealthSources> {
  /** Names by which the client is reached, besides addresses and localhost; asked at each request. */
  readonly hostNames: () => readonly string[];
  /** Addresses and prefixes of proxies whose `X-Forwarded-…` are believed. */
  readonly trustProxy?: readonly string[];
  readonly mounts?: readonly ApiMount[];
}

export interface ClientServerOptions {
  /** Addresses to listen on; none: only the socket. */
  readonly bind: readonly string[];
  /** 0: any free one. */
  readonly port: number;
  /** Path of the socket; null: none. */
  readonly socket: string | null;
  readonly certificate: Certificate | null;
}

/** Longest body where a route says nothing else, bytes. */
const USUAL_BODY: ByteCount = 1024 * 1024;
/** Longest part of an address that stands for a parameter, characters: names of categories, encoded. */
const LONGEST_PARAMETER = 3000;

/** The app without anything that listens; `isLocal` says whether a connection came through the socket. */
export function clientApp(
  parts: ClientApiParts,
  isLocal: (socket: object) => boolean,
): { readonly app: FastifyInstance; readonly handler: RequestListener } {
  const { hostNames, trustProxy = [], mounts = [], readiness = async () => ({}), metrics = null, ...shared } = parts;
  let handler: RequestListener | null = null;
  const app = Fastify({
    logger: false,
    bodyLimit: USUAL_BODY,
    // Answers are written as they are: ten thousand torrents through a serializer would take three times as long.
    schemaController: zodCompilers(() => (answer) => JSON.stringify(answer)),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_PARAMETER },
    ...(trustProxy.length > 0 && { trustProxy: [...trustProxy] }),
    // It never listens: the listeners hand their requests to its handler.
    serverFactory: (requests) => {
      handler = requests;
      return createServer();
    },
    // Fastify has an answer of its own for addresses that it cannot read.
    frameworkErrors: (error, _request, reply) => {
      addSafeHeaders(reply);
      sendProblem(reply, problemOf(error));
    },
  });
  const context: ApiContext = {
    ...shared,
    bodies: new BodyBudget(),
    readers: fileReaders(),
    creations: new CreationTasks(shared.clock, async (of, options) => {
      const { createTorrent } = await import('../torrent-creation/index.ts');
      return createTorrent(of, options);
    }),
    isLocal: (request: FastifyRequest) => isLocal(request.raw.socket),
  };
  app.addHook('preClose', () => context.creations.close());
  addErrors(app, context);
  addGuards(app, hostNames, (request) => context.isLocal(request));
  addCompression(app);
  addNotFound(app);
  refuseCodedBodies(app);
  addStartPage(app);
  addHealth(app, context, { readiness, metrics });
  void app.register((api) => addApiV1(api, context), { prefix: '/api/v1' });
  for (const mount of mounts) {
    void app.register(async (api) => await mount.add(api, context), { prefix: mount.prefix });
  }
  return { app, handler: (request, response) => (handler as RequestListener)(request, response) };
}

/** Errors of all that has no way of its own to tell them. */
function addErrors(app: FastifyInstance, { logger }: ApiContext): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(explained(error, request, reply));
    if (problem.status === 500) {
      const { method, routeOptions } = request;
      logger.error('api failure', { method, path: routeOptions.url, code: codeOf(error), error: messageOf(error) });
    }
    const { retryAfter } = error instanceof DstError ? error.details : {};
    if (typeof retryAfter === 'number') void reply.header('retry-after', retryAfter);
    sendProblem(reply, problem);
  });
}

export class ClientServer {
  readonly #app: FastifyInstance;
  readonly #listeners: Listeners;
  readonly #clock: ApiContext['clock'];

  private constructor(app: FastifyInstance, listeners: Listeners, clock: ApiContext['clock']) {
    this.#app = app;
    this.#listeners = listeners;
    this.#clock = clock;
  }

  /** Serves. Rejects NET_PORT_IN_USE, NET_LISTEN_FAILED, SOCKET_IN_USE, SOCKET_FAILED. */
  static async listen(options: ClientServerOptions, parts: ClientApiParts): Promise<ClientServer> {
    const { app, handler } = clientApp(parts, (socket) => listeners.isLocal(socket));
    const listeners = new Listeners(handler);
    const server = new ClientServer(app, listeners, parts.clock);
    try {
      await app.ready();
      if (options.socket !== null) await listeners.listenLocally(options.socket);
      await listeners.listen(options.bind, options.port, options.certificate);
    } catch (error) {
      await server.close(0);
      throw error;
    }
    return server;
  }

  /** TCP addresses on which the APIs are served. */
  get addresses(): readonly PeerAddress[] {
    return this.#listeners.addresses;
  }

  /** New connections get this certificate. */
  setCertificate(certificate: Certificate): void {
    this.#listeners.setCertificate(certificate);
  }

  /** Takes no more requests, lets those under way end within `deadline` (ms), and closes all connections. */
  async close(deadline: Millis): Promise<void> {
    // Nobody gets in any more from here on; then the app ends what stays open by itself, streams of events.
    const closed = this.#listeners.close(this.#clock, deadline);
    await Promise.all([this.#app.close(), closed]);
  }
}
