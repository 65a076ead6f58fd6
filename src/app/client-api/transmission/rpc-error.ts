/** What went wrong, as RPC answers tell it. They come with HTTP status 200. */
import type { Caller } from '../../access/index.ts';

/** Numbers below -32000 are those of JSON-RPC 2.0, the others Transmission's. */
const kinds = {
  parse: [-32_700, 'Parse error'],
  'invalid-request': [-32_600, 'Invalid Request'],
  'no-method': [-32_601, 'Method not found'],
  'invalid-params': [-32_602, 'Invalid params'],
  internal: [-32_603, 'Internal error'],
  'bad-trackers': [2, 'Invalid tracker list'],
  'path-not-absolute': [3, 'Path is not absolute'],
  unrecognized: [4, 'Unrecognized info'],
  system: [5, 'System error'],
  'no-file': [6, 'File index out of range'],
  corrupt: [9, 'Invalid or corrupt torrent file'],
} as const;

export type RpcFaultKind = keyof typeof kinds;

export class RpcFault extends Error {
  readonly number: number;
  readonly title: string;

  constructor(kind: RpcFaultKind, message: string) {
    super(message);
    [this.number, this.title] = kinds[kind];
  }
}

export const rpcError = (kind: RpcFaultKind, message: string): RpcFault => new RpcFault(kind, message);

export const noGroups = (): RpcFault =>
  rpcError('system', 'this client has no bandwidth groups: limit each torrent, or all together');

/** Throws when the token of who asks was revoked meanwhile, or its user has gone. */
export function assertStillValid(caller: Pick<Caller, 'name' | 'isValid'>): void {
  if (!caller.isValid()) throw rpcError('system', `${caller.name} may do nothing any more`);
}
