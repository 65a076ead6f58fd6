/** Parameters of requests: text by name, as forms and addresses have it. What is not there is undefined. */
import { badParams } from './api-fault.ts';

export type Params = Pick<URLSearchParams, 'get'>;

export const text = (params: Params, name: string): string | undefined => params.get(name) ?? undefined;

export function required(params: Params, name: string): string {
  const value = text(params, name);
  if (value === undefined) throw badParams(`Parameter ${name} is missing`);
  return value;
}

/** In any letter case; what is neither `true` nor `false` is as if it were not there. */
export function flag(params: Params, name: string): boolean | undefined {
  const value = params.get(name)?.toLowerCase();
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** What is no number is as if it were not there. */
export function number(params: Params, name: string): number | undefined {
  const value = params.get(name)?.trim() ?? '';
  return value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

export function requiredNumber(params: Params, name: string): number {
  required(params, name);
  const value = number(params, name);
  if (value === undefined) throw badParams(`Parameter ${name} is no number`);
  return value;
}

/** Parts between separators, without those that are empty. */
export const parts = (value: string, separator: string): string[] =>
  value
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
