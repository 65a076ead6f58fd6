/** What the library half writes its log to; the app puts a real logger behind it. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const drop = (): void => {};

/** Drops everything: the library's default. */
export const silentLogger: Logger = { debug: drop, info: drop, warn: drop, error: drop };
