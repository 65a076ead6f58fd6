/** What has happened, numbered, so that a listener who was away can go on where it stopped. Old events are forgotten. */
import type { UnixSeconds } from '../../base/units.ts';

/** Names and what they carry (docs/events.md). `hash` is how APIs name a torrent. */
export interface ClientEvents {
  'torrent.added': { readonly hash: string; readonly name: string };
  'torrent.removed': { readonly hash: string; readonly name: string; readonly isDataDeleted: boolean };
  'torrent.metadata': { readonly hash: string; readonly name: string };
  'torrent.state': { readonly hash: string; readonly from: string; readonly to: string };
  'torrent.completed': { readonly hash: string; readonly name: string; readonly savePath: string };
  'torrent.failed': { readonly hash: string; readonly name: string; readonly code: string; readonly message: string };
  'torrent.healed': { readonly hash: string; readonly name: string; readonly code: string };
  'torrent.changed': { readonly hash: string; readonly what: readonly string[] };
  'torrent.move-failed': {
    readonly hash: string;
    readonly name: string;
    readonly from: string;
    readonly to: string;
    readonly code: string;
    readonly message: string;
  };
  'torrent.moved': { readonly hash: string; readonly from: string; readonly to: string };
  'torrent.goal-reached': {
    readonly hash: string;
    readonly name: string;
    readonly goal: string;
    readonly action: string;
  };
  'piece.verified': { readonly hash: string; readonly piece: number };
  'piece.failed': { readonly hash: string; readonly piece: number };
  'peer.connected': { readonly hash: string; readonly address: string };
  'peer.disconnected': { readonly hash: string; readonly address: string; readonly reason: string };
  'peer.banned': { readonly hash: string; readonly addresses: readonly string[]; readonly reason: string };
  'tracker.failed': { readonly hash: string; readonly url: string; readonly message: string };
  'tracker.recovered': { readonly hash: string; readonly url: string };
  'settings.changed': { readonly keys: readonly string[]; readonly needRestart: readonly string[] };
  'limits.switched': { readonly isAlternative: boolean; readonly by: 'user' | 'schedule' };
  'health.changed': { readonly check: string; readonly problem: string | null };
}

export type EventName = keyof ClientEvents;

export type ClientEvent = {
  readonly [K in EventName]: {
    /** Grows by one with each event, also over restarts within one log. */
    readonly id: number;
    readonly at: UnixSeconds;
    readonly name: K;
    readonly data: ClientEvents[K];
  };
}[EventName];

export interface EventsSince {
  readonly events: readonly ClientEvent[];
  readonly isGap: boolean;
}

export interface EventLog {
  /** Number of the newest event. */
  readonly last: number;
  /** Events after `id`, oldest first; `isGap`: some of them that are wanted (default: any) may be forgotten already. */
  since(id: number, wants?: (name: EventName) => boolean): EventsSince;
  /** Called for each new event, in order. A listener that throws is logged and harms nobody. */
  on(listener: (event: ClientEvent) => void): Disposable;
}
