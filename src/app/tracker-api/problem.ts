/**
 * What went wrong, as an answer of the API: problem details (RFC 9457) with the stable `code` of the error. What the
 * caller can do nothing about comes without detail, because it may tell of paths, queries and servers.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DstError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { apiError, apiErrors } from './errors.ts';
import { safeHeaders } from './safe-headers.ts';
import type { ControlResponse } from './service.ts';

const MEDIA_TYPE = 'application/problem+json';
/** Longest detail, characters. */
const LONGEST_DETAIL = 300;
/** Most broken rules that an answer names. */
const MOST_NAMED = 3;
/** Seconds after which it may go better. */
export const RETRY_AFTER = 5;

export interface Problem {
  readonly type: 'about:blank';
  /** The words of the status. */
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string | undefined;
}

/** Status of errors of other layers that are the caller's or will pass. */
const otherStatuses: Readonly<Record<string, number>> = {
  DB_DUPLICATE: 409,
  DB_CONSTRAINT: 400,
  DB_UNREACHABLE: 503,
  DB_BUSY: 503,
  SWARMS_UNREACHABLE: 503,
};

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

function problem(status: number, code: string, detail: string): Problem {
  const words = printable(detail, LONGEST_DETAIL);
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    ...(words !== null && { detail: words }),
  };
}

function statusOf(code: string): number {
  if (Object.hasOwn(apiErrors, code)) return apiErrors[code as keyof typeof apiErrors].status;
  // Only an uploaded torrent file is decoded here.
  if (/^(BENCODE|METAINFO)_/.test(code)) return 400;
  return otherStatuses[code] ?? 500;
}

/** The problem to tell of any thrown value. */
export function problemOf(error: unknown): Problem {
  const failed = problem(500, 'API_FAILED', '');
  if (error instanceof DstError) {
    const status = statusOf(error.code);
    // What has a cause is in the words of the database.
    return status === 500 ? failed : problem(status, error.code, error.cause === undefined ? error.message : '');
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
  if (isToPass(told)) void reply.header('retry-after', RETRY_AFTER);
  return reply.code(told.status).type(MEDIA_TYPE).send(told);
}

/** The problem as an answer to a request that never came as far as the API. */
export const problemAnswer = (told: Problem, headers: ControlResponse['headers'] = {}): ControlResponse => ({
  status: told.status,
  headers: {
    ...safeHeaders,
    'content-type': `${MEDIA_TYPE}; charset=utf-8`,
    ...(isToPass(told) && { 'retry-after': String(RETRY_AFTER) }),
    ...headers,
  },
  body: JSON.stringify(told),
});
