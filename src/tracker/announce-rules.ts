/** What a tracker asks of an announce, and when clients are to come back. */
import { scopeOfBytes } from '../base/address-scope.ts';
import type { TrackerFailure } from '../codec/announce/index.ts';
import type { AddressGuard } from './address-guard.ts';
import {
  type AnnounceCall,
  type HostAddress,
  MOST_WANTED,
  type Outcome,
  TICK_SECONDS,
  type Tick,
} from './swarm-store.ts';

export interface RuleOptions {
  /** Seconds between two announces of a client. */
  readonly interval: number;
  /** Seconds before which a client may not come back without an event. */
  readonly minInterval: number;
  /** Take peers of private, link-local and loopback addresses: for a tracker within one network. */
  readonly allowsPrivate: boolean;
  /** What clients are to show to their users (BEP 3, `warning message`); empty: nothing. */
  readonly warning: string;
}

export const defaultRules: RuleOptions = { interval: 1800, minInterval: 300, allowsPrivate: false, warning: '' };

/** What the rules ask of others; without it everybody may announce. */
export interface RuleParts {
  readonly guard?: Pick<AddressGuard, 'check'>;
  /** Whether a passkey lets its owner scrape. */
  readonly isMember?: (passkey: string) => boolean;
}

/** Peers in an answer to who does not say how many (the usual number). */
const DEFAULT_WANT = 50;
/** Minutes after which a full tracker may have room again (BEP 31). */
const FULL_RETRY = 30;
/** Minutes after which the operator may have changed what is so now: `never` would last until the client is restarted. */
const CHANGE_RETRY = 60;
/** A peer is gone when it missed one announce and more: this many intervals without a word. */
const LIFETIME = 2.25;
/** A day and a half: the table cannot tell longer silences apart. */
const LONGEST_LIFETIME: Tick = 32_000;
/** Low ports belong to other services: a tracker that names them makes its clients attack these. Web ports pass. */
const LOWEST_PORT = 1024;
const WEB_PORTS = [80, 443];

const refuse = (reason: string, retryIn: TrackerFailure['retryIn'] = 'never'): TrackerFailure => ({
  kind: 'failure',
  reason,
  retryIn,
});
const badPort = refuse('no peer can be reached at this port');
const notPublic = refuse('this tracker serves public addresses only, and yours is none');
const refusals: Readonly<Record<Outcome, TrackerFailure | null>> = {
  served: null,
  unknown: refuse('this torrent is not registered with this tracker', CHANGE_RETRY),
  denied: refuse('this torrent is not served by this tracker'),
  full: refuse('this tracker is full', FULL_RETRY),
  stranger: refuse('this tracker is private, and the announce URL has no valid passkey', CHANGE_RETRY),
  suspended: refuse('your account is suspended or has expired', CHANGE_RETRY),
  crowded: refuse('your account has as many peers as it may', FULL_RETRY),
};

export class AnnounceRules {
  /** May be changed at any time. */
  options: RuleOptions;
  readonly #parts: RuleParts;

  constructor(options: RuleOptions, parts: RuleParts = {}) {
    this.options = options;
    this.#parts = parts;
  }

  /** Why a client is not to be served at all, or null. Counts its request. */
  admit(client: HostAddress): TrackerFailure | null {
    return this.#parts.guard?.check(client) ?? null;
  }

  /** Why a client may not scrape, or null. Counts its request. */
  checkScrape(client: HostAddress, passkey: string): TrackerFailure | null {
    const failure = this.admit(client);
    if (failure !== null) return failure;
    return this.#parts.isMember?.(passkey) === false ? refusals.stranger : null;
  }

  /** Why a call is not to reach the swarms, or null. Counts it. The number of peers wanted is bounded. */
  check(call: AnnounceCall, port: number): TrackerFailure | null {
    const failure = this.admit(call);
    if (failure !== null) return failure;
    if (port < LOWEST_PORT && !WEB_PORTS.includes(port)) return badPort;
    call.want = call.want < 0 ? DEFAULT_WANT : Math.min(call.want, MOST_WANTED);
    const scope = scopeOfBytes(call.addressBytes, 0, call.family === 4 ? 4 : 16);
    const isGood = this.options.allowsPrivate ? scope !== 'unusable' : scope === 'public';
    return isGood ? null : notPublic;
  }

  /** What an outcome other than `served` is called. */
  refusalOf(outcome: Outcome): TrackerFailure | null {
    return refusals[outcome];
  }
}

/** Silence after which a peer is gone that was told to come back within `interval` seconds. */
export const lifetimeOf = (interval: number): Tick =>
  Math.min(LONGEST_LIFETIME, Math.ceil((interval * LIFETIME) / TICK_SECONDS));
