/** What may change while threads answer, as plain values that travel to them. */
import { type RateLimit, lifetimeOf, type RuleOptions } from '../../../tracker/index.ts';
import type { Certificate } from '../../served-certificate/index.ts';
import type { TrackerSettings } from '../options.ts';

export interface ThreadSettings {
  readonly rules: RuleOptions;
  readonly isPrivate: boolean;
  readonly requiresRegistration: boolean;
  /** Silence after which a peer is gone, ticks. */
  readonly lifetime: number;
  readonly peersPerAddress: number;
  readonly announceLimit: RateLimit;
  readonly trustedProxies: readonly string[];
  /** Of AddressRanges. */
  readonly bans: SharedArrayBuffer;
  readonly certificate: Certificate | null;
}

export interface Situation {
  /** Seconds between two announces, as clients are told now. */
  readonly interval: number;
  /** The longest such that a client may still go by. */
  readonly longestTold: number;
  readonly bans: SharedArrayBuffer;
  readonly certificate: Certificate | null;
}

/** What threads go by, of what the operator says and how things are. */
export function threadSettings(settings: TrackerSettings, situation: Situation): ThreadSettings {
  const { access, allowsPrivate, warning, peersPerAddress, announceLimit, trustedProxies } = settings;
  const { interval, longestTold, bans, certificate } = situation;
  return {
    rules: { interval, minInterval: Math.ceil(interval / 6), allowsPrivate, warning },
    isPrivate: access === 'private',
    requiresRegistration: access !== 'open',
    lifetime: lifetimeOf(longestTold),
    peersPerAddress,
    announceLimit,
    trustedProxies,
    bans,
    certificate,
  };
}
