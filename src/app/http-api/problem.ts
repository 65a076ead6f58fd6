/**
 * What went wrong, as an answer of the API: problem details (RFC 9457) with the stable `code` of the error. What the
 * caller can do nothing about comes without detail, because it may tell of paths, queries and servers.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DstError, type ErrorCategory } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { apiError, apiErrors } from './errors.ts';
import { safeHeaders } from './safe-headers.ts';

const { STATUS_CODES } = process.getBuiltinModule('node:http'); // not imported: see discovery/tracker-client/node-network.ts
const MEDIA_TYPE = 'application/problem+json';
/** Longest detail, characters. */
const LONGEST_DETAIL = 300;
/** Most broken rules that an answer names. */
const MOST_NAMED = 3;
/** Seconds after which it may go better. */
export const RETRY_AFTER = 5;

/** An answer as plain values. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Problem {
  readonly type: 'about:blank';
  /** The words of the status. */
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string | undefined;
}

/** Status of errors of other parts that are the caller's or will pass. */
const otherStatuses: Readonly<Record<string, number>> = {
  DB_DUPLICATE: 409,
  DB_CONSTRAINT: 400,
  DB_UNREACHABLE: 503,
  DB_BUSY: 503,
  SWARMS_UNREACHABLE: 503,
  ACCESS_DENIED: 401,
  ACCESS_DELAYED: 429,
  ACCESS_BUSY: 503,
  ACCESS_BAD_NAME: 400,
  ACCESS_WEAK_PASSWORD: 400,
  ACCESS_NAME_TAKEN: 409,
  ACCESS_LAST_ADMIN: 409,
  ACCESS_NOT_FOUND: 404,
  ACCESS_TOO_MANY: 409,
  CLIENT_NOT_FOUND: 404,
  CLIENT_NO_SUCH_FILE: 404,
  CLIENT_TORRENT_REMOVED: 404,
  CLIENT_NO_METADATA: 409,
  CLIENT_TORRENT_BUSY: 409,
  CLIENT_NOT_RUNNING: 409,
  CLIENT_NO_TRACKER: 409,
  CLIENT_CLOSED: 503,
  ENGINE_CLOSED: 409,
  ENGINE_FILES_TAKEN: 409,
  CONFIG_INVALID: 400,
  CONFIG_FIXED: 409,
  CONFIG_SYNTAX: 409,
  CONFIG_UNREADABLE: 409,
  CONFIG_UNWRITABLE: 409,
};
/** Errors of what a caller has sent: a torrent file, a link, a path of what is to become a torrent. */
const OF_INPUT = /^(BENCODE|METAINFO|MAGNET|DST|SEALED|CREATE)_/;
/** Of other errors of torrents and their files, by their category. */
const OF_TORRENTS = /^(CLIENT|ENGINE|STORAGE)_/;
const torrentStatuses: Partial<Record<ErrorCategory, number>> = { usage: 400, security: 403, storage: 409 };
/** Their causes are in the words of servers, files and statements. */
const OF_DATABASES = /^(DB|SWARMS)_/;
/** Told in their place when it will pass. */
const AWAY = 'the database cannot be used at present: GET /health says why';

/**
 * An error in words that say what to do: of a body of the wrong type fastify says no more than that, and does not name
 * the right one, which is told in the header Accept too (RFC 9110, 15.5.16).
 */
export function explained(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  if ((error as Partial<FastifyError> | null)?.code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return error;
  const [type = 'application/json'] = request.routeOptions.schema?.consumes ?? [];
  void reply.header('accept', type);
  return apiError('API_MEDIA_TYPE', `the body has to be ${type}, with the header Content-Type: ${type}`);
}

/** Errors of fastify that have a code of ours. */
const byStatus: Readonly<Record<number, keyof typeof apiErrors>> = { 413: 'API_TOO_LARGE' };

/** Where a list or a sentence may be cut, with the part of a word behind it; very long words are cut anywhere. */
const LAST_WORD = /[\s|,;]+[^\s|,;]{0,60}$/u;

/** What is too long ends with a whole word. */
function cutAtWord(text: string | null): string | null {
  const characters = Array.from(text ?? '');
  if (characters.length <= LONGEST_DETAIL) return text;
  const words = Array.from(characters.slice(0, LONGEST_DETAIL).join('').replace(LAST_WORD, ''));
  return `${words.slice(0, LONGEST_DETAIL - 1).join('')}…`;
}

function problem(status: number, code: string, detail: string): Problem {
  const words = cutAtWord(printable(detail, LONGEST_DETAIL + 1));
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    ...(words !== null && { detail: words }),
  };
}

function statusOf({ code, category }: DstError): number {
  if (Object.hasOwn(apiErrors, code)) return apiErrors[code as keyof typeof apiErrors].status;
  if (Object.hasOwn(otherStatuses, code)) return otherStatuses[code] as number;
  if (OF_INPUT.test(code)) return 400;
  return (OF_TORRENTS.test(code) ? torrentStatuses[category] : undefined) ?? 500;
}

/** The problem to tell of any thrown value. */
export function problemOf(error: unknown): Problem {
  const failed = problem(500, 'API_FAILED', '');
  if (error instanceof DstError) {
    const status = statusOf(error);
    const isSilent = error.cause !== undefined && OF_DATABASES.test(error.code);
    const silence = status === 503 ? AWAY : '';
    return status === 500 ? failed : problem(status, error.code, isSilent ? silence : error.message);
  }
  const { statusCode, message, validation, validationContext } = (error ?? {}) as Partial<FastifyError>;
  if (validation !== undefined) {
    const part = validationContext === 'querystring' ? 'query' : validationContext;
    const rules = validation.slice(0, MOST_NAMED);
    const words = rules.map(({ instancePath, message: rule }) => `${part}${instancePath}: ${rule}`);
    return problem(400, 'API_INVALID', words.join('; '));
  }
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return failed;
  return problem(statusCode, byStatus[statusCode] ?? 'API_INVALID', message ?? '');
}

const isToPass = ({ status }: Problem): boolean => status === 429 || status === 503;

export function sendProblem(reply: FastifyReply, told: Problem): FastifyReply {
  if (isToPass(told) && !reply.hasHeader('retry-after')) void reply.header('retry-after', RETRY_AFTER);
  return reply.code(told.status).type(MEDIA_TYPE).send(told);
}

/** The problem as an answer to a request that never came as far as the API. */
export const problemAnswer = (told: Problem, headers: PlainAnswer['headers'] = {}): PlainAnswer => ({
  status: told.status,
  headers: {
    ...safeHeaders,
    'content-type': `${MEDIA_TYPE}; charset=utf-8`,
    ...(isToPass(told) && { 'retry-after': String(RETRY_AFTER) }),
    ...headers,
  },
  body: JSON.stringify(told),
});
