/** Errors of running the tracker as a service. */
import { errorsOf } from '../../base/errors.ts';

export const trackerServerErrors = {
  FOLDER_IN_USE: {
    category: 'usage',
    help: 'Another tracker keeps its data in this folder. Stop it, or give this one a folder of its own with --data.',
  },
  FOLDER_UNUSABLE: {
    category: 'storage',
    help: 'The folder for the data of the tracker cannot be made or written. Check the path and its permissions, or give another with --data.',
  },
  SWARMS_UNREACHABLE: {
    category: 'network',
    retryable: true,
    help: 'The server of the shared swarms does not answer. Announces are served from memory until it does; look at /health.',
  },
  UDP_KEY_UNUSABLE: {
    category: 'usage',
    help: 'The file of the UDP key cannot be read or has something else in it. It holds 32 hexadecimal digits, made by: openssl rand -hex 16',
  },
} as const;

export const trackerServerError: ReturnType<typeof errorsOf<typeof trackerServerErrors>> =
  errorsOf(trackerServerErrors);
