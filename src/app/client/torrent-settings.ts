/** What a user can set for one torrent of the client. Rates are bytes per second, 0 = unlimited. */
import type { BytesPerSecond } from '../../base/units.ts';

/** A goal of one torrent: the one of the client (`default`), none, or its own figure. */
export type Goal = 'default' | 'none' | number;

/** When seeding ends; whichever is reached first. */
export interface SeedGoals {
  /** Uploaded bytes by the size of what is wanted. */
  readonly ratio: Goal;
  /** Minutes of seeding. */
  readonly minutes: Goal;
  /** Minutes without a byte sent. */
  readonly idleMinutes: Goal;
}

export interface TorrentSettings {
  /** Empty: none. */
  readonly category: string;
  /** In the order of the user, without duplicates. */
  readonly labels: readonly string[];
  readonly downloadLimit: BytesPerSecond;
  readonly uploadLimit: BytesPerSecond;
  /** The limits of the client count for it as well. */
  readonly obeysGlobalLimits: boolean;
  /** Its share when the limits of the client do not suffice for all: each level has twice that of the next lower one. */
  readonly bandwidthPriority: 'low' | 'normal' | 'high';
  /** Most peers; null: as the client has it. */
  readonly maxPeers: number | null;
  readonly goals: SeedGoals;
  /** Pieces in order, for those who watch while they download. */
  readonly isSequential: boolean;
  /** The first and last piece of each file come before others. */
  readonly isFirstLast: boolean;
  /** The only seed of new data, which sends each piece about once (BEP 16); in effect until another seed is seen. */
  readonly isSuperSeeding: boolean;
  /** Runs whatever the queue says. */
  readonly isForced: boolean;
}

export const defaultTorrentSettings: TorrentSettings = {
  category: '',
  labels: [],
  downloadLimit: 0,
  uploadLimit: 0,
  obeysGlobalLimits: true,
  bandwidthPriority: 'normal',
  maxPeers: null,
  goals: { ratio: 'default', minutes: 'default', idleMinutes: 'default' },
  isSequential: false,
  isFirstLast: false,
  isSuperSeeding: false,
  isForced: false,
};
