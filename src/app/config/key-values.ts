/** Values of keys in words: what is allowed, what was given, and how a text of the environment becomes a value. */
import * as z from 'zod';
import { printable } from '../../base/printable.ts';
import { invalidConfig } from './config-problems.ts';
import { type ConfigKey, type ConfigSchema, type KeyFacts, keysOf } from './config-schema.ts';
import { nearestName } from './nearest-name.ts';

/** Longest given value that an error repeats, characters. */
const LONGEST_GIVEN = 80;

/** What a key may hold, in words: `whole number from 0 to 65535`. */
export const allowedBy = ({ core, facts }: ConfigKey): string => facts.form ?? typeWords(core);

/** The same with the unit and an example, for whoever gave something else. */
export function expectedBy(key: ConfigKey): string {
  const { unit } = key.facts;
  const example = key.core instanceof z.ZodNumber ? (key.facts.example ?? key.fallback) : null;
  return [
    allowedBy(key),
    ...(unit === undefined ? [] : [` (unit: ${unit})`]),
    ...(typeof example === 'number' ? [`, such as ${example}`] : []),
  ].join('');
}

function typeWords(schema: z.ZodType): string {
  const { form } = (schema.meta() ?? {}) as KeyFacts;
  if (form !== undefined) return form;
  if (schema instanceof z.ZodNumber) return numberWords(schema);
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodEnum) return anyOf(schema.options.map(String));
  if (schema instanceof z.ZodPipe) return typeWords(schema.def.in as z.ZodType);
  if (schema instanceof z.ZodArray) return `list: ${typeWords(schema.element as z.ZodType)}`;
  return 'text';
}

function numberWords(schema: z.ZodNumber): string {
  const noun = schema.isInt ? 'whole number' : 'number';
  const isBound = (limit: number | null): limit is number =>
    limit !== null && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const { minValue, maxValue } = schema;
  if (isBound(minValue) && isBound(maxValue)) return `${noun} from ${minValue} to ${maxValue}`;
  if (isBound(minValue)) return `${noun}, ${minValue} or more`;
  return isBound(maxValue) ? `${noun}, ${maxValue} or less` : noun;
}

function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A given value in an error: short, on one line, in quotes when it is text. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return value instanceof Date ? 'a date' : 'a table';
  if (typeof value !== 'string') return String(value);
  const isLong = value.length > LONGEST_GIVEN;
  return JSON.stringify(`${printable(value, LONGEST_GIVEN) ?? ''}${isLong ? '…' : ''}`);
}

/** The value that a text of the environment stands for; what does not fit stays text, for the schema to refuse. */
export function valueOfText({ core }: ConfigKey, text: string): unknown {
  const trimmed = text.trim();
  if (core instanceof z.ZodNumber) return /^-?\d+(?:\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
  if (core instanceof z.ZodBoolean)
    return { true: true, 1: true, false: false, 0: false }[trimmed.toLowerCase()] ?? text;
  if (!(core instanceof z.ZodArray)) return text;
  return trimmed
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/**
 * The value that words of a command line stand for: a list has a word each, or is written as JSON. Throws CONFIG_INVALID
 * for a key that does not exist; whether the value fits is checked where it is set.
 */
export function valueOfWords<T>(schema: ConfigSchema<T>, name: string, words: readonly string[]): unknown {
  const keys = keysOf(schema);
  const key = keys.find((known) => known.name === name);
  if (key === undefined) {
    const suggestion = nearestName(
      name,
      keys.map((known) => known.name),
    );
    throw invalidConfig([
      {
        key: printable(name, LONGEST_GIVEN) ?? '',
        place: null,
        given: null,
        allowed: 'there is no such key',
        suggestion,
      },
    ]);
  }
  if (key.core instanceof z.ZodArray) return listOf(words);
  return valueOfText(key, words.join(' '));
}

function listOf(words: readonly string[]): unknown {
  const [first = ''] = words;
  if (words.length !== 1 || !first.trim().startsWith('[')) return words;
  try {
    return JSON.parse(first) as unknown;
  } catch {
    return words;
  }
}
