/** What an API over HTTP refuses, and why. */
import { errorsOf } from '../../base/errors.ts';

/** With the HTTP status of the answer that says so. */
export const apiErrors = {
  API_INVALID: {
    category: 'usage',
    status: 400,
    help: 'The request is not what the API expects at this place. The detail of the answer names the part that is wrong; openapi.json describes all requests.',
  },
  API_TOKEN_MISSING: {
    category: 'security',
    status: 401,
    help: 'The request says not who makes it. Send a token in the header Authorization: Bearer dst_…, or log in; `dst tracker token` makes one for a tracker, `dst token` for a client.',
  },
  API_TOKEN_INVALID: {
    category: 'security',
    status: 401,
    help: 'The token is unknown, has expired or was revoked, or the session is over. Make another one with `dst tracker token` or `dst token`, or log in again.',
  },
  API_SCOPE_MISSING: {
    category: 'security',
    status: 403,
    help: 'The token or user is valid, but may not do this. Use one that has the scope which the answer names.',
  },
  API_FOREIGN_ORIGIN: {
    category: 'security',
    status: 403,
    help: 'A web page of another site made the request. Pages may use the API only of the host that they come from.',
  },
  API_CSRF: {
    category: 'security',
    status: 403,
    help: 'A request that changes something and shows a cookie has to show the value that the login gave too, in the header X-DST-CSRF.',
  },
  API_LOCAL_ONLY: {
    category: 'security',
    status: 403,
    help: 'This can be changed only on the machine itself: with the command line, or in the configuration file. Whoever could change it from afar would have the whole account.',
  },
  API_NOT_FOUND: {
    category: 'usage',
    status: 404,
    help: 'There is nothing at this path, or nothing of this name.',
  },
  API_METHOD: {
    category: 'usage',
    status: 405,
    help: 'There is something at this path, but not for this method. The header Allow of the answer has the methods that it takes; openapi.json says what they do.',
  },
  API_CONFLICT: {
    category: 'usage',
    status: 409,
    help: 'This cannot be done as things are. The detail of the answer says what has to be otherwise.',
  },
  API_PRECONDITION: {
    category: 'usage',
    status: 412,
    help: 'The content is not the one that the header If-Match names. Ask for it anew.',
  },
  API_TOO_LARGE: {
    category: 'usage',
    status: 413,
    help: 'The body of the request is too long. Send a long list in several requests.',
  },
  API_MEDIA_TYPE: {
    category: 'usage',
    status: 415,
    help: 'The body has no Content-Type that is understood here, or is compressed. The detail and the header Accept of the answer say which is: application/json, or application/x-bittorrent for a torrent file.',
  },
  API_RANGE: {
    category: 'usage',
    status: 416,
    help: 'The content has no such range. The header Content-Range of the answer says how long it is.',
  },
  API_UNKNOWN_HOST: {
    category: 'security',
    status: 421,
    help: 'The Host header names a host that this program does not know itself by. Use its address or localhost, or add the name to its host names in the configuration.',
  },
  API_KEY_REUSED: {
    category: 'usage',
    status: 422,
    help: 'The Idempotency-Key was used for another request already. Use a new one for each request, and the same only to repeat it.',
  },
  API_TOO_MANY_REQUESTS: {
    category: 'usage',
    retryable: true,
    status: 429,
    help: 'This address asks too often. Try again after the time that the header Retry-After names.',
  },
  API_BUSY: {
    category: 'usage',
    retryable: true,
    status: 503,
    help: 'Too many long requests are under way at a time. Try again after the time that the header Retry-After names.',
  },
  API_FAILED: {
    category: 'internal',
    status: 500,
    help: 'The program could not answer for a reason of its own. Its log has the cause.',
  },
} as const;

export const apiError: ReturnType<typeof errorsOf<typeof apiErrors>> = errorsOf(apiErrors);
