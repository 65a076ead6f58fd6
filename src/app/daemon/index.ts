/** Door of the daemon. */
export { Daemon, type DaemonOptions } from './daemon.ts';
export { daemonErrors } from './errors.ts';
