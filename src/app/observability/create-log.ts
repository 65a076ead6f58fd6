/**
 * The program's log: pino behind the `Logger` port. One JSON object a line, without secrets, and without whole addresses
 * unless the operator wants them. A line holds no character that could act on a terminal or turn the text around.
 */
import { pino } from 'pino';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { escapeJson } from '../../base/printable.ts';
import type { Millis } from '../../base/units.ts';
import { cleanFields, cleanMessage } from './clean-fields.ts';
import { type LogDestination, writerTo } from './log-destination.ts';
import { LogQueue } from './log-queue.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Least level that is written. */
  readonly level: LogLevel;
  /** File descriptor (2: standard error) or stream. */
  readonly destination: LogDestination;
  /** Addresses are written whole, not as /24 and /48. */
  readonly showsAddresses: boolean;
  /** Times the lines (to the second) and the waits; by default the machine's clock does, to the millisecond. */
  readonly clock?: Clock;
}

export interface Log extends Logger, AsyncDisposable {
  readonly level: LogLevel;
  setLevel(level: LogLevel): void;
  setShowsAddresses(showsAddresses: boolean): void;
  /** Lines that were lost, because nobody read the log or it could not be written, and not yet told of. */
  readonly dropped: number;
  /** Resolves when all lines so far are written or lost; on a destination that nobody reads that may never be. */
  flush(): Promise<void>;
  /** Flushes, but gives up after 2 seconds; later lines are dropped. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** So long the end of the program waits for a log that nobody reads. */
const LONGEST_FAREWELL: Millis = 2000;

export function createLog({ level, destination, showsAddresses, clock }: LogOptions): Log {
  const time = clock ?? systemClock;
  let showsWhole = showsAddresses;
  const queue = new LogQueue(writerTo(destination, time), (dropped) => {
    const words = 'lines of the log were lost here';
    // At level "error" too: who reads a log must know that it is incomplete.
    if (logger.isLevelEnabled('warn')) logger.warn({ fields: { dropped } }, words);
    else logger.error({ fields: { dropped } }, words);
  });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: clock === undefined ? pino.stdTimeFunctions.isoTime : () => timeOf(clock),
      formatters: {
        level: (label) => ({ level: label }),
        // Wrapped until here, because pino takes an object with the fields of a request for one and keeps only those.
        log: ({ fields }) => fields as Record<string, unknown>,
      },
      // Fields come cleaned; pino's own form of errors would put the stack back.
      serializers: { err: (value: unknown) => value },
    },
    { write: (line) => queue.add(`${escapeJson(line.slice(0, -1))}\n`) },
  );
  const at =
    (lineLevel: LogLevel): Logger['info'] =>
    (message, fields = {}) => {
      if (!logger.isLevelEnabled(lineLevel)) return;
      const options = { showsAddresses: showsWhole, showsStacks: logger.level === 'debug' };
      logger[lineLevel]({ fields: cleanFields(fields, options) }, cleanMessage(message, options));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    get level() {
      return logger.level as LogLevel;
    },
    setLevel(next) {
      logger.level = next;
    },
    setShowsAddresses(shows) {
      showsWhole = shows;
    },
    get dropped() {
      return queue.dropped;
    },
    flush: () => queue.flush(),
    async [Symbol.asyncDispose]() {
      const farewell = new AbortController();
      const deadline = time.sleep(LONGEST_FAREWELL, farewell.signal).catch(() => {});
      await Promise.race([queue.flush(), deadline]);
      farewell.abort();
      queue.close();
    },
  };
}

const timeOf = (clock: Clock): string => `,"time":"${new Date(clock.wall() * 1000).toISOString()}"`;
