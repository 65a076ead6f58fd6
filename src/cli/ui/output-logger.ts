/** The library's log as lines for people: warnings always, the rest with --verbose. */
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { scrubSecrets } from '../../base/scrub-secrets.ts';
import { escapeText, toSafeJson } from './escape.ts';
import type { Output } from './output.ts';

export function outputLogger(output: Output): Logger {
  const words = (message: string, fields: Readonly<Record<string, unknown>> = {}): string => {
    // As in JSON, what is undefined is not there.
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    const facts = known.map(([key, value]) => `${key}=${wordsOf(value)}`);
    return [escapeText(message), ...facts].join(' ');
  };
  return {
    debug: () => {},
    info: (message, fields) => output.detail(words(message, fields)),
    warn: (message, fields) => output.warn(words(message, fields)),
    error: (message, fields) => output.warn(words(message, fields)),
  };
}

function wordsOf(value: unknown): string {
  if (value instanceof Error) return wordsOf(`${messageOf(value)} (${codeOf(value) ?? 'UNEXPECTED'})`);
  return typeof value === 'string' ? escapeText(scrubSecrets(value)) : toSafeJson(value);
}
