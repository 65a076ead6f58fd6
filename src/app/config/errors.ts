/** Errors of reading a configuration. */
import { errorsOf } from '../../base/errors.ts';

export const configErrors = {
  CONFIG_UNREADABLE: {
    category: 'storage',
    help: 'The configuration file could not be read or watched. Check the path, its permissions and that it is no larger than 1 MiB.',
  },
  CONFIG_SYNTAX: {
    category: 'usage',
    help: 'The configuration file is not TOML. Correct it at the line and column that are named; until then no key of it can be changed.',
  },
  CONFIG_INVALID: {
    category: 'usage',
    help: 'Keys or values of the configuration are not known or not allowed. Correct those that are named; nothing was changed.',
  },
  CONFIG_FIXED: {
    category: 'usage',
    help: 'The key is set by an environment variable or a flag, which counts more than the file. Change it there.',
  },
  CONFIG_UNWRITABLE: {
    category: 'storage',
    help: 'The configuration file could not be changed. Check its permissions, or write the key into it by hand.',
  },
} as const;

export const configError: ReturnType<typeof errorsOf<typeof configErrors>> = errorsOf(configErrors);
