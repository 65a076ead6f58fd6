/** What a method is, and what it works on. */
import type { Caller, Scope } from '../../access/index.ts';
import type { Client } from '../../client/index.ts';
import type { TorrentFetch } from '../torrent-fetch.ts';
import type { RpcResult } from './message.ts';
import type { Params } from './params.ts';
import type { PassedOver } from './passed-over.ts';
import type { RecentRevisions } from './recent-revisions.ts';
import type { SpeedMemory } from './speed-memory.ts';

/** What all methods work on. */
export interface RpcState {
  readonly client: Client;
  /** The `X-Transmission-Session-Id` of this run. */
  readonly sessionId: string;
  readonly recent: RecentRevisions;
  readonly speeds: SpeedMemory;
  readonly fetchTorrent: TorrentFetch;
  readonly passedOver: PassedOver;
}

export interface MethodContext extends RpcState {
  readonly caller: Caller;
}

export interface Method {
  readonly scope: Scope;
  readonly run: (context: MethodContext, params: Params) => Promise<RpcResult>;
}
