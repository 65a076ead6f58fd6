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
  TLS_UNREADABLE: {
    category: 'storage',
    help: 'The certificate or its key cannot be read. Check the paths, and that the user of the tracker may read both files.',
  },
  TLS_INVALID: {
    category: 'usage',
    help: 'The file is no certificate or no key that can be used. Give the certificate with its chain and the key as PEM, the key without a passphrase.',
  },
  TLS_MISMATCH: {
    category: 'usage',
    help: 'The key does not belong to the certificate. Give the two files that were made together, with the certificate of this host first in its file.',
  },
  TLS_EXPIRED: {
    category: 'security',
    help: 'The time of the certificate is over, and clients refuse it. Renew it; the tracker takes the new files by itself.',
  },
  TLS_UNWATCHED: {
    category: 'storage',
    help: 'The system does not tell when the files of the certificate change. They are read again once an hour all the same.',
  },
} as const;

export const trackerServerError: ReturnType<typeof errorsOf<typeof trackerServerErrors>> =
  errorsOf(trackerServerErrors);
