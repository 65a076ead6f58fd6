/** Reads parameters of requests; what is not there is undefined. */
import { rpcError } from './rpc-error.ts';

export type Params = Readonly<Record<string, unknown>>;

export function text(params: Params, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw rpcError('invalid-params', `${name} must be text`);
}

export function number(params: Params, name: string): number | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw rpcError('invalid-params', `${name} must be a number`);
}

/** Some clients send 0 and 1. */
export function flag(params: Params, name: string): boolean | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === 1) return value === 1;
  throw rpcError('invalid-params', `${name} must be true or false`);
}

export function numbers(params: Params, name: string): number[] | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((one) => Number.isSafeInteger(one))) return value as number[];
  throw rpcError('invalid-params', `${name} must be a list of numbers`);
}

export function texts(params: Params, name: string): string[] | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((one): one is string => typeof one === 'string')) return value;
  throw rpcError('invalid-params', `${name} must be a list of text`);
}
