/** Test support: the APIs of a client that is only memory, and somebody who asks them. */
import assert from 'node:assert/strict';
import type { FastifyInstance, FastifyReply, FastifyRequest, LightMyRequestResponse } from 'fastify';
import type * as z from 'zod';
import { FakeClient, type FakeClientOptions } from '../../../test/support/fake-client.ts';
import { memoryAccess } from '../../../test/support/memory-access.ts';
import type { ManualClock } from '../../../test/support/manual-clock.ts';
import { type Logger, silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import type { Access, Scope } from '../access/index.ts';
import type { HealthChecks } from '../client/index.ts';
import type { ApiMount } from './context.ts';
import { clientApp } from './server.ts';

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a text or bytes goes as JSON. */
  readonly body?: unknown;
  /** Default: one for everything. */
  readonly token?: string | null;
  /** Address of who asks. */
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly bytes: Uint8Array;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests name the fields that they expect
  readonly json: any;
}

export interface ApiClientOptions extends FakeClientOptions {
  readonly hostNames?: readonly string[];
  readonly trustProxy?: readonly string[];
  readonly logger?: Logger;
  readonly mounts?: readonly ApiMount[];
  readonly readiness?: () => Promise<HealthChecks>;
  /** Requests come through the socket of the own user. */
  readonly isLocal?: boolean;
}

export class ApiClient {
  readonly client: FakeClient;
  readonly access: Access;
  readonly clock: ManualClock;
  readonly app: FastifyInstance;
  readonly token: string;

  private constructor(parts: Pick<ApiClient, 'client' | 'access' | 'clock' | 'app' | 'token'>) {
    this.client = parts.client;
    this.access = parts.access;
    this.clock = parts.clock;
    this.app = parts.app;
    this.token = parts.token;
  }

  static async create(options: ApiClientOptions = {}): Promise<ApiClient> {
    const { hostNames = [], trustProxy = [], logger = silentLogger, mounts = [], isLocal = false, readiness } = options;
    const client = new FakeClient(options);
    const { access, clock } = await memoryAccess();
    const { token } = await access.addToken({ name: 'test', scope: 'admin', owner: null, expiresAt: null });
    const { app } = clientApp(
      {
        client,
        access,
        clock,
        logger,
        random: systemRandom,
        hostNames: () => hostNames,
        trustProxy,
        mounts,
        ...(readiness !== undefined && { readiness }),
      },
      () => isLocal,
    );
    app.addHook('preSerialization', checkAnswer);
    await app.ready();
    return new ApiClient({ client, access, clock, app, token });
  }

  async tokenFor(scope: Scope, owner: string | null = null): Promise<string> {
    return (await this.access.addToken({ name: scope, scope, owner, expiresAt: null })).token;
  }

  /** Paths are below `/api/v1`. */
  ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    return this.askPath(method, `/api/v1${path}`, asked);
  }

  async askPath(method: string, url: string, asked: Asked = {}): Promise<Answer> {
    const { headers = {}, body, token = this.token, from = '192.0.2.1' } = asked;
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer: LightMyRequestResponse = await this.app.inject({
      method: method as 'GET',
      url,
      remoteAddress: from,
      headers: {
        host: 'localhost:8470',
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: isRaw ? Buffer.from(body as string) : JSON.stringify(body) }),
    });
    const { 'content-type': type = '', 'content-encoding': encoding } = answer.headers;
    const isJson = /json/.test(type) && answer.body !== '' && encoding === undefined;
    return {
      status: answer.statusCode,
      headers: answer.headers as Answer['headers'],
      text: answer.body,
      bytes: new Uint8Array(answer.rawPayload),
      json: isJson ? (JSON.parse(answer.body) as unknown) : undefined,
    };
  }

  /** Logs in; what the browser has then. */
  async login(name: string, password: string): Promise<{ readonly cookie: string; readonly csrf: string }> {
    const { headers, json } = await this.ask('POST', '/sessions', { body: { name, password }, token: null });
    const cookie = String(headers['set-cookie']).split(';')[0] as string;
    return { cookie, csrf: (json as { csrf: string }).csrf };
  }
}

/** Holds an answer against the schema that describes it; a difference becomes a failure. */
async function checkAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const schemas = request.routeOptions.schema?.response as Record<string, z.ZodType> | undefined;
  const schema = schemas?.[reply.statusCode] ?? (reply.statusCode < 400 ? Object.values(schemas ?? {})[0] : undefined);
  if (schema !== undefined && reply.statusCode < 400) assert.deepEqual(schema.parse(payload), payload);
  return payload;
}

/** What the API says of its routes. */
export interface DescribedRoute {
  readonly method: string;
  /** Below `/api/v1`, parameters filled in with something. */
  readonly path: string;
  readonly scope: Scope | null;
}

export async function routesOf(api: ApiClient): Promise<DescribedRoute[]> {
  const { json } = await api.ask('GET', '/openapi.json');
  type Operations = Record<string, { security: Record<string, [Scope]>[] }>;
  return Object.entries((json as { paths: Record<string, Operations> }).paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path
        .replace(/^\/api\/v1/, '')
        .replace('{hash}', 'ab'.repeat(20))
        .replace(/\{(id|index)\}/, '1')
        .replace('{name}', 'x')
        .replace('{host}', '192.0.2.1'),
      scope: security[0]?.['token']?.[0] ?? null,
    })),
  );
}
