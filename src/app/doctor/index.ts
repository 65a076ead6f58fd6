/** Door of the doctor: what may be wrong around a daemon, and what to do. */
export type { Check, CheckArea } from './check.ts';
export { examine } from './examine.ts';
export { checkReachable, checkRunning, type RunningDaemon } from './running-daemon.ts';
