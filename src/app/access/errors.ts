/** Errors of who may use the client. */
import { errorsOf } from '../../base/errors.ts';

export const accessErrors = {
  ACCESS_DENIED: { category: 'security', help: 'There is no such user, or the password is another one.' },
  ACCESS_DELAYED: {
    category: 'security',
    retryable: true,
    help: 'Too many wrong passwords came from this address, or for this name. Try again after the time that the answer names; each further one makes it longer.',
  },
  ACCESS_BUSY: {
    category: 'security',
    retryable: true,
    help: 'Too many people log in at the same moment. Try again in some seconds.',
  },
  ACCESS_BAD_NAME: {
    category: 'usage',
    help: 'A name of a user has 1 to 64 characters without white space, colons and control characters.',
  },
  ACCESS_WEAK_PASSWORD: {
    category: 'usage',
    help: 'A password has 10 to 256 characters. Several words make a good one.',
  },
  ACCESS_NAME_TAKEN: { category: 'usage', help: 'Another user has this name already, perhaps in other letter case.' },
  ACCESS_LAST_ADMIN: {
    category: 'usage',
    help: 'Nobody would be left who may do everything. Make another user an admin first.',
  },
  ACCESS_NOT_FOUND: { category: 'usage', help: 'There is no user or no token of this name.' },
  ACCESS_TOO_MANY: { category: 'usage', help: 'There are as many users or tokens as there can be. Remove some first.' },
} as const;

export const accessError: ReturnType<typeof errorsOf<typeof accessErrors>> = errorsOf(accessErrors);
