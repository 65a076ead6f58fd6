/** Errors of requests to web addresses that somebody named. */
import { errorsOf } from '../../base/errors.ts';

export const webFetchErrors = {
  WEB_BAD_URL: { category: 'usage', help: 'The address must be a whole one that begins with http:// or https://.' },
  WEB_REFUSED: {
    category: 'security',
    help: 'The address leads to this machine or into a private network, where requests on behalf of others may do harm.',
  },
  WEB_UNREACHABLE: {
    category: 'network',
    retryable: true,
    help: 'The server could not be reached, or did not answer in time. Check the address and the network.',
  },
  WEB_STATUS: { category: 'network', help: 'The server answered, but not with what was asked for.' },
  WEB_TOO_LARGE: { category: 'network', help: 'The answer is larger than what was asked for can be.' },
} as const;

export const webFetchError: ReturnType<typeof errorsOf<typeof webFetchErrors>> = errorsOf(webFetchErrors);
