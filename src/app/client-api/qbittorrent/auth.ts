/**
 * Who asks: whoever comes through the socket, has the cookie `SID` of a login, a token, or name and password in each
 * request (Basic). Who is nobody gets 403, the sign for clients to log in.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf } from '../../../base/errors.ts';
import type { ByteCount } from '../../../base/units.ts';
import type { Caller } from '../../access/index.ts';
import type { ApiContext } from '../context.ts';
import { wrongMethod } from './api-fault.ts';
import { readRequest } from './read-request.ts';

const COOKIE = 'SID';
/** A login comes from everybody. */
const LONGEST_LOGIN: ByteCount = 4096;
const LOGIN_FORM = { files: 0, fields: 8, fieldSize: LONGEST_LOGIN };

/** Null: nobody that is known. Rejects ACCESS_DELAYED, ACCESS_BUSY. */
export async function callerOf(
  request: FastifyRequest,
  { access, isLocal }: Pick<ApiContext, 'access' | 'isLocal'>,
): Promise<Caller | null> {
  if (isLocal(request)) return access.bySocket();
  const id = sessionIdOf(request);
  const caller = id === null ? null : access.bySession(id);
  if (caller !== null) return caller;
  const { authorization = '' } = request.headers;
  const basic = /^basic +([a-z\d+/]+=*)$/i.exec(authorization)?.[1];
  if (basic === undefined) return access.byBearer(authorization);
  const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? [];
  return await unlessDenied(access.byPassword(name, password, request.ip));
}

const unlessDenied = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: unknown) => {
    if (codeOf(error) === 'ACCESS_DENIED') return null;
    throw error;
  });

/** Some clients send back all of the header that gave it, as it was. */
function sessionIdOf({ headers: { cookie = '' } }: FastifyRequest): string | null {
  const pair = cookie.split(';').find((part) => part.trim().startsWith(`${COOKIE}=`));
  const id = pair?.trim().slice(COOKIE.length + 1) ?? '';
  return /^[\w-]{43}$/.test(id) ? id : null;
}

function setCookie(request: FastifyRequest, reply: FastifyReply, id: string, rest = ''): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  void reply.header('set-cookie', `${COOKIE}=${id}; HttpOnly; SameSite=Strict; Path=/${secure}${rest}`);
}

/** The login, which everybody may call, and the logout. */
export function addAuth(app: FastifyInstance, { access }: Pick<ApiContext, 'access'>): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/auth/login',
    bodyLimit: LONGEST_LOGIN,
    config: { isOpen: true },
    handler: async (request, reply) => {
      if (request.method !== 'POST') throw wrongMethod();
      const { params: form } = await readRequest(request, LOGIN_FORM);
      const name = form.get('username') ?? '';
      const login = await unlessDenied(access.login(name, form.get('password') ?? '', request.ip));
      void reply.type('text/plain; charset=utf-8');
      if (login === null) return 'Fails.';
      const old = sessionIdOf(request);
      if (old !== null) access.logout(old);
      setCookie(request, reply, login.id);
      return 'Ok.';
    },
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/auth/logout',
    handler: async (request, reply) => {
      if (request.method !== 'POST') throw wrongMethod();
      const id = sessionIdOf(request);
      if (id !== null) access.logout(id);
      setCookie(request, reply, '', '; Max-Age=0');
      return reply.type('text/plain; charset=utf-8').send('');
    },
  });
}
