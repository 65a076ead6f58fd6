/** Errors of the daemon as a whole. */
import { errorsOf } from '../../base/errors.ts';

export const daemonErrors = {
  DAEMON_RUNNING: {
    category: 'usage',
    help: 'A daemon is running already: use it (`dst ls`), stop it, or give this one another `data` folder.',
  },
  DAEMON_STATE_UNUSABLE: {
    category: 'storage',
    help: 'The folder for what the daemon keeps cannot be written. Check its permissions and the free space, or name another as `data`.',
  },
} as const;

export const daemonError: ReturnType<typeof errorsOf<typeof daemonErrors>> = errorsOf(daemonErrors);
