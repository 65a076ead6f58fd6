/** Which events a webhook wants: names, or the beginning of names with a star (`torrent.*`); an empty list wants all. */
import { eventTexts } from '../events/event-texts.ts';

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** Whether any event could be meant. */
export const isEventPattern = (pattern: string): boolean =>
  Object.keys(eventTexts).some((name) => matches(pattern, name));

export const isWanted = (patterns: readonly string[], name: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => matches(pattern, name));
