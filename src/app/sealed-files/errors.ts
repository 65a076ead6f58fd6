/** Errors of encrypting, decrypting and signing files. */
import { errorsOf } from '../../base/errors.ts';

export const fileErrors = {
  FILE_UNREADABLE: {
    category: 'storage',
    help: 'The file could not be read. Check its path and permissions; - reads standard input.',
  },
  FILE_CHANGED: {
    category: 'storage',
    retryable: true,
    help: 'The file grew or shrank while it was read, so nothing was written. Try again when nobody writes to it.',
  },
  FILE_LENGTH: {
    category: 'usage',
    help: 'A .dst says at its beginning how long its content is, so more than 64 MiB cannot come from standard input. Put it into a file first, or use --age.',
  },
  FILE_KIND: {
    category: 'usage',
    help: 'The file is not one that this command opens: it is neither a .dst of a file nor a file of age. `dst info` opens sealed torrents.',
  },
} as const;

export const fileError: ReturnType<typeof errorsOf<typeof fileErrors>> = errorsOf(fileErrors);
