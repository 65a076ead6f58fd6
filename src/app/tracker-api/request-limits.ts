/**
 * How long the body of a request may be. Whoever receives a request asks here before reading it, and the routes have
 * the same numbers. Nothing here loads the API itself, because every thread of a tracker receives requests.
 */
import type { ByteCount } from '../../base/units.ts';
import { apiError, problemAnswer, problemOf, tokenIn } from '../http-api/index.ts';
import type { ControlResponse } from './service.ts';
import { TOKEN_WANTED } from './v1/auth.ts';

/** Longest bodies, bytes. */
export const bodyLimits: Readonly<Record<'open' | 'json' | 'torrentFile', ByteCount>> = {
  /** Of what everybody may send. */
  open: 64 * 1024,
  /** Of JSON for the administration: a thousand changes with the longest names, each character written as `\uXXXX`. */
  json: 4 * 1024 * 1024,
  torrentFile: 16 * 1024 * 1024,
};

const API = '/api/';
/** Below this everything needs a token. */
const ADMINISTRATION = '/api/v1/tracker/';
/** Where torrent files are posted to. */
const TORRENTS: string = `${ADMINISTRATION}torrents`;

/** The head of a request. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: { readonly authorization?: string | undefined };
}

export interface BodyLimit {
  readonly most: ByteCount;
  /** What a request with a longer body is answered. */
  readonly refusal: ControlResponse;
}

const plain = (status: number, body: string, headers: ControlResponse['headers'] = {}): ControlResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
});
const tooLong = plain(413, 'The request is too long.\n');
const tooLongProblem = problemAnswer(problemOf(apiError('API_TOO_LARGE', 'the body of the request is too long')));
const tokenMissing = problemAnswer(
  problemOf(apiError('API_TOKEN_MISSING', 'a long request needs a token in the header Authorization: Bearer')),
  { 'www-authenticate': TOKEN_WANTED },
);
const busyProblem = problemAnswer(problemOf(apiError('API_BUSY', 'too many long requests at a time')));
const busy = plain(503, 'Too many long requests at a time.\n', { 'retry-after': '5' });

/** Only who shows a token may send much; whether it is valid is seen when the request is there. */
export function bodyLimitOf({ method, url = '', headers }: RequestHead): BodyLimit {
  const path = url.split('?', 1)[0] as string;
  if (!path.startsWith(ADMINISTRATION)) {
    return { most: bodyLimits.open, refusal: path.startsWith(API) ? tooLongProblem : tooLong };
  }
  if (tokenIn(headers.authorization) === null) return { most: bodyLimits.open, refusal: tokenMissing };
  const isTorrentFile = method === 'POST' && path === TORRENTS;
  return { most: isTorrentFile ? bodyLimits.torrentFile : bodyLimits.json, refusal: tooLongProblem };
}

/** The answer to a request for whose body there is no memory at present. */
export const busyAnswer = ({ url = '' }: RequestHead): ControlResponse => (url.startsWith(API) ? busyProblem : busy);
