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
    help: 'The request has no token. Send it in the header Authorization: Bearer dst_…; `dst tracker token` makes one.',
  },
  API_TOKEN_INVALID: {
    category: 'security',
    status: 401,
    help: 'The token is unknown, has expired or was revoked. Make another one with `dst tracker token`.',
  },
  API_SCOPE_MISSING: {
    category: 'security',
    status: 403,
    help: 'The token is valid, but does not allow this. Use one that has the scope which the answer names.',
  },
  API_FOREIGN_ORIGIN: {
    category: 'security',
    status: 403,
    help: 'A web page of another site made the request. Pages may use the API only of the host that they come from.',
  },
  API_NOT_FOUND: {
    category: 'usage',
    status: 404,
    help: 'There is nothing at this path, or no torrent, account, passkey, ban or token of this name.',
  },
  API_METHOD: {
    category: 'usage',
    status: 405,
    help: 'There is something at this path, but not for this method. The header Allow of the answer has the methods that it takes; openapi.json says what they do.',
  },
  API_TOO_LARGE: {
    category: 'usage',
    status: 413,
    help: 'The body of the request is too long. Send a long list in several requests.',
  },
  API_MEDIA_TYPE: {
    category: 'usage',
    status: 415,
    help: 'The body has no Content-Type that is understood here. The detail and the header Accept of the answer say which is: application/json, or application/x-bittorrent for a torrent file.',
  },
  API_UNKNOWN_HOST: {
    category: 'security',
    status: 421,
    help: 'The Host header names a host that this tracker does not know itself by. Use its address or localhost, or add the name to the host names of the tracker.',
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
    help: 'Too many long requests arrive at the tracker at a time. Try again after the time that the header Retry-After names.',
  },
  API_FAILED: {
    category: 'internal',
    status: 500,
    help: 'The tracker could not answer for a reason of its own. Its log has the cause.',
  },
} as const;

export const apiError: ReturnType<typeof errorsOf<typeof apiErrors>> = errorsOf(apiErrors);
