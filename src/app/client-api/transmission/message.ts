/**
 * Requests and answers of both dialects: the one of Transmission before 4.1 (`method`, `arguments`, `tag`, `result`) and
 * JSON-RPC 2.0 (https://www.jsonrpc.org/specification) as Transmission 4.1 speaks it.
 */
import * as z from 'zod';
import { rpcError, type RpcFault } from './rpc-error.ts';
import { type LegacyStyle, snake, toLegacy, toSnake } from './names.ts';

export interface RpcRequest {
  /** In snake_case. */
  readonly method: string;
  /** Names in snake_case. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly dialect: Dialect;
}

export type Dialect =
  | { readonly kind: 'legacy'; readonly tag: number | undefined }
  /** Without an id it is a notification, which gets no answer. */
  | { readonly kind: 'json-rpc'; readonly id: string | number | null | undefined };

export interface RpcResult {
  /** Names in snake_case. */
  readonly result: Readonly<Record<string, unknown>>;
  /** How names are written in the old dialect; default kebab. */
  readonly legacyStyle?: LegacyStyle;
  /** The old dialect gets this instead: it names things as it was asked for them. */
  readonly legacyResult?: unknown;
}

const record = z.record(z.string(), z.unknown());
/** Transmission takes arguments and tags of other types as if they were not there: PHP writes no arguments as `[]`. */
const legacyRequest = z.object({
  method: z.string(),
  arguments: record.optional().catch(undefined),
  tag: z.number().optional().catch(undefined),
});
const jsonRpcRequest = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  params: record.optional(),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
});

const isJsonRpc = (body: unknown): boolean => typeof body === 'object' && body !== null && 'jsonrpc' in body;

/** In which dialect is answered what may be no request; what stands in a list is JSON-RPC, or nothing. */
export const dialectOf = (body: unknown, isInBatch: boolean): Dialect =>
  isInBatch || isJsonRpc(body) ? { kind: 'json-rpc', id: null } : { kind: 'legacy', tag: undefined };

/** Throws an RpcFault for what is no request. */
export function readRequest(body: unknown, isInBatch: boolean): RpcRequest {
  if (isInBatch || isJsonRpc(body)) {
    const { success, data } = jsonRpcRequest.safeParse(body);
    if (!success) throw rpcError('invalid-request', 'the request is not JSON-RPC 2.0 with params by name');
    const { method, params = {}, id } = data;
    return {
      method: snake(method),
      params: toSnake(params) as RpcRequest['params'],
      dialect: { kind: 'json-rpc', id },
    };
  }
  const { success, data } = legacyRequest.safeParse(body);
  if (!success) throw rpcError('invalid-request', 'no method name');
  const { method, arguments: params = {}, tag } = data;
  return { method: snake(method), params: toSnake(params) as RpcRequest['params'], dialect: { kind: 'legacy', tag } };
}

/** What goes out; null: nothing (HTTP 204). */
export function writeResult(
  { result, legacyStyle = 'kebab', legacyResult }: RpcResult,
  dialect: Dialect,
): object | null {
  if (dialect.kind === 'json-rpc') return dialect.id === undefined ? null : { jsonrpc: '2.0', result, id: dialect.id };
  const told = legacyResult ?? toLegacy(result, legacyStyle);
  return { arguments: told, result: 'success', ...(dialect.tag !== undefined && { tag: dialect.tag }) };
}

export function writeFault(fault: RpcFault, dialect: Dialect): object | null {
  if (dialect.kind === 'legacy') {
    return { arguments: {}, result: fault.message, ...(dialect.tag !== undefined && { tag: dialect.tag }) };
  }
  if (dialect.id === undefined) return null;
  const error = { code: fault.number, message: fault.title, data: { error_string: fault.message } };
  return { jsonrpc: '2.0', error, id: dialect.id };
}
