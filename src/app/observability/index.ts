/** Door of what the program tells of itself. */
export { createLog, type Log, type LogLevel, type LogOptions } from './create-log.ts';
export type { LogDestination } from './log-destination.ts';
