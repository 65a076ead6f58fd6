/** Errors of a certificate that is shown to others. */
import { errorsOf } from '../../base/errors.ts';

export const certificateErrors = {
  TLS_UNREADABLE: {
    category: 'storage',
    help: 'The certificate or its key cannot be read. Check the paths, and that the user of this program may read both files.',
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
    help: 'The time of the certificate is over, and clients refuse it. Renew it; the new files are taken by themselves.',
  },
  TLS_UNWATCHED: {
    category: 'storage',
    help: 'The system does not tell when the files of the certificate change. They are read again once an hour all the same.',
  },
} as const;

export const certificateError: ReturnType<typeof errorsOf<typeof certificateErrors>> = errorsOf(certificateErrors);
