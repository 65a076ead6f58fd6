/** What an endpoint is: who may call it, what it gets, and how it answers. */
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Access, Caller, Scope } from '../../access/index.ts';
import type { Client, ManagedTorrent } from '../../client/index.ts';
import type { CreationTasks } from '../creation-tasks.ts';
import type { TorrentFetch } from '../torrent-fetch.ts';
import type { Params } from './params.ts';
import type { SyncMemory } from './sync-memory.ts';

/** What all endpoints work on. */
export interface ApiState {
  readonly client: Client;
  readonly access: Access;
  readonly creations: CreationTasks;
  readonly clock: Pick<Clock, 'wall'>;
  readonly logger: Logger;
  readonly fetchTorrent: TorrentFetch;
  readonly sync: SyncMemory;
}

export interface UploadedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Call extends ApiState {
  readonly params: Params;
  /** Files of a form, whatever their fields are called. */
  readonly files: readonly UploadedFile[];
  readonly caller: Caller;
  /** Runs when the answer is out, or who asked has gone. */
  afterAnswer(work: () => void): void;
}

/** A file to be saved. */
export interface FileAnswer {
  readonly fileName: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A file of a torrent. */
export class ContentAnswer {
  readonly torrent: ManagedTorrent;
  readonly index: number;

  constructor(torrent: ManagedTorrent, index: number) {
    this.torrent = torrent;
    this.index = index;
  }
}

/** Text, a file, what becomes JSON, or nothing: an empty text. */
export type Answer = string | FileAnswer | ContentAnswer | object | void;

export interface Endpoint {
  readonly scope: Scope;
  /** Takes POST alone, so that no link can call it. */
  readonly isChange: boolean;
  /** `run` answers HEAD too: how long a file is, without reading it. */
  readonly answersHead?: boolean;
  readonly run: (call: Call) => Answer | Promise<Answer>;
}

/** By path, such as `torrents/info`. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

export const reads = (run: Endpoint['run'], scope: Scope = 'read'): Endpoint => ({ scope, isChange: false, run });
export const changes = (run: Endpoint['run'], scope: Scope = 'control'): Endpoint => ({ scope, isChange: true, run });
