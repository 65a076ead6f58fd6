/**
 * The life of one swarm at its trackers: `started`, regular announces at the interval that the tracker gave,
 * `completed` once, `stopped` at the end (BEP 3), over the tiers of BEP 12.
 *
 * A round goes through the tiers until one tracker answers; the next round comes when that one's interval has passed.
 * A tracker that failed is left out of rounds until its back-off is over, or for as long as it asked (BEP 31).
 * Which event a tracker is told depends on what it was told before, so that none is lost by a failure in between.
 *
 * The end comes in two steps, `settle` and `stop`: half of the time is for `completed`, the rest for `stopped`.
 */
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { backoffDelay } from '../../base/retry.ts';
import { scrubSecrets } from '../../base/scrub-secrets.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { AnnounceRequest, AnnounceSuccess, TrackerEvent } from '../../codec/announce/index.ts';
import type { AnnounceEvent, DiscoverySession, PeerSink, SourceStatus, Swarm } from '../discovery.ts';
import type { Announcer } from './announcer.ts';
import { Attempts } from './attempts.ts';
import { deadline, orAborted } from './deadline.ts';
import { trackerError } from './errors.ts';
import { retryDelayOf } from './refusal.ts';
import { promote, tiersOf } from './tiers.ts';
import { LONGEST_INTERVAL, NEVER, TrackerState } from './tracker-state.ts';

export interface AnnounceSessionOptions {
  /** Most peers asked for in one announce. */
  readonly mostPeers: number;
  /** How long a silent tracker holds up the next one, ms; its answer is still welcome afterwards. */
  readonly patience: Millis;
  /** How long saying goodbye may take, ms. */
  readonly stopTimeout: Millis;
  /** Delays after failures, ms. */
  readonly retryFirst: Millis;
  readonly retryLongest: Millis;
}

export const defaultAnnounceSessionOptions: AnnounceSessionOptions = {
  mostPeers: 200,
  patience: 10_000,
  stopTimeout: 5000,
  retryFirst: 30_000,
  retryLongest: 3_600_000,
};

export interface AnnounceSessionDeps {
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** BEP 24: a tracker says that it sees us at this address. One voice among several. */
  readonly onExternalHost: (host: string, tracker: string) => void;
  /** The session has said all its goodbyes. */
  readonly ended: (session: AnnounceSession) => void;
}

/** What we claim to lack while the size is unknown (magnet links): not 0, which would make us a seed. */
const UNKNOWN_LEFT: ByteCount = 16 * 1024;

/** Failures of the URL itself: no later attempt can go better. */
const hopeless: ReadonlySet<string | null> = new Set(['TRACKER_BAD_URL', 'TRACKER_UNSUPPORTED_SCHEME']);

export class AnnounceSession implements DiscoverySession {
  readonly #swarm: Swarm;
  readonly #sink: PeerSink;
  readonly #options: AnnounceSessionOptions;
  readonly #deps: AnnounceSessionDeps;
  #tiers: TrackerState[][];
  /** The same for all trackers and address families of this swarm (BEP 7). */
  readonly #key: number;
  readonly #wasComplete: boolean;
  #isCompleted = false;
  /** Ends the round through the tiers that is under way; null: none is. */
  #round: AbortController | null = null;
  #isRoundDue = false;
  readonly #attempts = new Attempts();
  /** Ends the scrape that is under way. */
  #scraping: AbortController | null = null;
  /** Settled when trackers that were taken out have been told so. */
  #dismissed: Promise<void> | null = null;
  /** More peers were asked for since the last announce. */
  #wantsPeers = false;
  #timer: Disposable | null = null;
  #nextAt: Millis | null = null;
  #settled: Promise<void> | null = null;
  #goodbye: Promise<void> | null = null;
  /** When `stopped` has to have been told. */
  #goneBy: Millis = 0;
  /** Settled when the session has ended for good; null before its end. */
  #ended: Promise<void> | null = null;

  constructor(swarm: Swarm, sink: PeerSink, options: AnnounceSessionOptions, deps: AnnounceSessionDeps) {
    this.#swarm = swarm;
    this.#sink = sink;
    this.#options = options;
    this.#deps = deps;
    this.#tiers = tiersOf(swarm.trackers, deps.random, (url) => new TrackerState(url));
    this.#key = deps.random.below(2 ** 32);
    this.#wasComplete = swarm.wasComplete ?? swarm.progress().left === 0;
    this.#startRound();
  }

  announce(event: AnnounceEvent): void {
    if (event === 'stopped') void this.#sayGoodbye();
    else if (event === 'started') this.#resume();
    else {
      if (event === 'update') this.#wantsPeers = true;
      else if (!this.#wasComplete) this.#isCompleted = true;
      this.#startRound();
    }
  }

  status(): readonly SourceStatus[] {
    return this.#trackers().map((tracker) => ({
      name: tracker.url,
      state: tracker.state,
      message: tracker.message,
      seeders: tracker.seeders,
      leechers: tracker.leechers,
      downloads: tracker.downloads,
      peersReceived: tracker.peersReceived,
      lastAt: tracker.lastAt,
      nextIn: this.#nextIn(tracker),
    }));
  }

  /** We are found elsewhere than before, or can send again: a tracker of each tier is told now, also where it failed. */
  renew(): void {
    for (const tracker of this.#trackers()) tracker.renew();
    this.#startRound();
  }

  /** Trackers that stay keep what is known of them; those that go are told that we stop, before new ones are asked. */
  setTrackers(trackers: Swarm['trackers']): void {
    const known = new Map(this.#trackers().map((tracker) => [tracker.url, tracker]));
    this.#tiers = tiersOf(trackers, this.#deps.random, (url) => known.get(url) ?? new TrackerState(url));
    for (const tier of this.#tiers) tier.sort((a, b) => Number(b.state === 'ok') - Number(a.state === 'ok'));
    for (const tracker of this.#trackers()) known.delete(tracker.url);
    if (this.#settled !== null || this.#isOver) return;
    this.#endRound();
    const dismissed = Promise.all([this.#dismissed, this.#dismiss([...known.values()])]).then(() => {
      if (this.#dismissed !== dismissed) return;
      this.#dismissed = null;
      this.#startRound();
    });
    this.#dismissed = dismissed;
  }

  reannounce(): void {
    for (const tracker of this.#trackers()) tracker.forgive();
    this.#deps.announcer.renew();
    this.#wantsPeers = true;
    this.#startRound();
    void this.#scrape();
  }

  settle(): Promise<void> {
    this.#settled ??= this.#settle();
    return this.#settled;
  }

  stop(): Promise<void> {
    this.#ended ??= this.#sayGoodbye().then(() => this.#deps.ended(this));
    return this.#ended;
  }

  get #isOver(): boolean {
    return this.#ended !== null;
  }

  #trackers(): TrackerState[] {
    return this.#tiers.flat();
  }

  #nextIn(tracker: TrackerState): Millis | null {
    if (this.#nextAt === null || tracker.state === 'idle' || tracker.retryAt === NEVER) return null;
    return Math.max(0, Math.max(this.#nextAt, tracker.retryAt) - this.#deps.clock.now());
  }

  /** Goes through the tiers now, or again when the round under way has ended. */
  #startRound(): void {
    if (this.#settled !== null || this.#isOver) return;
    if (this.#round !== null) {
      this.#isRoundDue = true;
      return;
    }
    this.#cancelTimer();
    const round = new AbortController();
    this.#round = round;
    void this.#goThroughTiers(round.signal).then(() => {
      if (round.signal.aborted) return;
      this.#round = null;
      if (!this.#isRoundDue) return;
      this.#isRoundDue = false;
      this.#startRound();
    });
  }

  /** Ends the round, but no announce that is under way. */
  #endRound(): void {
    this.#cancelTimer();
    this.#round?.abort();
    this.#round = null;
    this.#isRoundDue = false;
  }

  async #goThroughTiers(signal: AbortSignal): Promise<void> {
    const late: Promise<Millis | null>[] = [];
    for (const tier of this.#tiers) {
      for (const tracker of tier) {
        const now = this.#deps.clock.now();
        if (tracker.state === 'working' || tracker.retryAt > now) continue;
        const dueAt = this.#dueAt(tracker);
        if (dueAt > now) return this.#plan(dueAt);
        const { done, inTime } = this.#tryTracker(tier, tracker);
        const interval = await inTime;
        if (signal.aborted) return;
        if (interval === 'late') late.push(done);
        else if (interval !== null) return this.#plan(this.#deps.clock.now() + interval);
      }
    }
    const intervals = (await Promise.all(late)).filter((interval) => interval !== null);
    if (signal.aborted) return;
    const now = this.#deps.clock.now();
    if (intervals.length > 0) this.#plan(now + Math.min(...intervals));
    else
      this.#plan(
        Math.min(...this.#trackers().map((tracker) => Math.max(tracker.retryAt, now + this.#options.patience))),
      );
  }

  /** An attempt, and its outcome or `late` when patience runs out before, counted from when its turn has come. */
  #tryTracker(
    tier: TrackerState[],
    tracker: TrackerState,
  ): { readonly done: Promise<Millis | null>; readonly inTime: Promise<Millis | null | 'late'> } {
    let timer: Disposable | null = null;
    const patience = Promise.withResolvers<'late'>();
    const event = this.#eventFor(tracker);
    const onContact = (): void => {
      timer ??= this.#deps.clock.after(this.#options.patience, () => patience.resolve('late'));
    };
    const done = this.#attempts.begin(tracker, event, (signal) =>
      this.#announceTo(tier, tracker, event, signal, onContact).finally(() => timer?.[Symbol.dispose]()),
    );
    return { done, inTime: Promise.race([done, patience.promise]) };
  }

  /** When this tracker may be announced to: an event never waits. */
  #dueAt(tracker: TrackerState): Millis {
    if (!isRoutine(this.#eventFor(tracker))) return tracker.retryAt;
    return this.#wantsPeers ? Math.min(tracker.restsUntil, tracker.dueAt) : tracker.dueAt;
  }

  #eventFor(tracker: TrackerState): TrackerEvent {
    return tracker.nextEvent(this.#isCompleted, this.#swarm.progress().isPartialSeed);
  }

  /** One announce to one tracker. The interval until the next, ms, or null when it failed. Never rejects. */
  async #announceTo(
    tier: TrackerState[],
    tracker: TrackerState,
    event: TrackerEvent,
    signal: AbortSignal,
    onContact: () => void,
  ): Promise<Millis | null> {
    tracker.state = 'working';
    tracker.peersReceived = 0;
    this.#wantsPeers = false;
    try {
      const replies = await this.#deps.announcer.announce(tracker.url, this.#requestFor(tracker, event), {
        signal,
        isUrgent: false,
        attempt: tracker.failures,
        onContact: () => {
          tracker.mayKnowUs = true;
          onContact();
        },
        onReply: (reply) => this.#take(tracker, reply, signal),
      });
      const now = this.#deps.clock.now();
      tracker.succeeded(event, replies, now);
      tracker.lastAt = this.#deps.clock.wall();
      promote(tier, tracker);
      if (!isRoutine(this.#eventFor(tracker))) this.#startRound();
      return tracker.dueAt - now;
    } catch (error) {
      if (!signal.aborted) this.#noteFailure(tracker, error);
      return null;
    }
  }

  #requestFor(tracker: TrackerState, event: TrackerEvent): AnnounceRequest {
    const progress = this.#swarm.progress();
    const wanted = event === 'stopped' ? 0 : progress.wanted;
    return {
      infoHash: this.#swarm.infoHash,
      peerId: this.#swarm.peerId,
      port: this.#swarm.port,
      uploaded: progress.uploaded,
      downloaded: progress.downloaded,
      left: progress.left ?? UNKNOWN_LEFT,
      event,
      numWant: Math.max(0, Math.min(this.#options.mostPeers, Math.ceil(wanted))),
      key: this.#key.toString(16).padStart(8, '0'),
      trackerId: tracker.trackerId,
      isCompact: true,
      claimedHosts: [],
    };
  }

  /** What one address family answered; the other may still be on its way. */
  #take(tracker: TrackerState, reply: AnnounceSuccess, signal: AbortSignal): void {
    if (signal.aborted) return;
    tracker.peersReceived += reply.peers.length;
    if (reply.externalHost !== null) this.#deps.onExternalHost(reply.externalHost, tracker.url);
    if (reply.peers.length > 0) this.#sink(reply.peers, tracker.url);
  }

  #noteFailure(tracker: TrackerState, error: unknown): void {
    const { random, clock } = this.#deps;
    const { retryFirst: first, retryLongest: longest } = this.#options;
    tracker.failures++;
    const backoff = backoffDelay(tracker.failures, { first, longest }, random);
    const wished = hopeless.has(codeOf(error)) ? NEVER : (retryDelayOf(error) ?? 0);
    const delay = wished === NEVER ? NEVER : Math.min(LONGEST_INTERVAL, Math.max(backoff, wished));
    tracker.failed(messageOf(error), delay, clock.now());
    tracker.lastAt = clock.wall();
    this.#log('announce failed', tracker, error);
  }

  /** Plans the next round, unless it is never. */
  #plan(at: Millis): void {
    this.#cancelTimer();
    if (at === NEVER) return;
    this.#nextAt = at;
    this.#timer = this.#deps.clock.after(Math.max(0, at - this.#deps.clock.now()), () => this.#startRound());
  }

  #cancelTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#nextAt = null;
  }

  /** Tells all trackers that may know us that we stop, as far as they can be told within the time. Never rejects. */
  #sayGoodbye(): Promise<void> {
    this.#goodbye ??= this.#leave();
    return this.#goodbye;
  }

  async #leave(): Promise<void> {
    await this.settle();
    using time = deadline(this.#deps.clock, this.#goneBy - this.#deps.clock.now());
    const known = this.#trackers().filter((tracker) => tracker.mayKnowUs);
    await Promise.all([this.#dismissed, ...known.map((tracker) => this.#tellLast(tracker, 'stopped', time.signal))]);
    for (const tracker of this.#trackers()) tracker.left();
  }

  /** Breaks off what is running, and sees to it that `completed` is told, for half the time. Never rejects. */
  async #settle(): Promise<void> {
    const { clock } = this.#deps;
    const { stopTimeout } = this.#options;
    this.#endRound();
    this.#goneBy = clock.now() + stopTimeout;
    // Not a `deadline`: a tracker that is slow now must not count as dead when `stopped` is told.
    const reason = trackerError('TRACKER_STOPPED', 'the torrent was stopped');
    const time = new AbortController();
    using _timer = clock.after(stopTimeout / 2, () => time.abort(reason));
    this.#scraping?.abort(reason);
    this.#attempts.abort(reason);
    await Promise.all(this.#trackers().map((tracker) => this.#completeAt(tracker, time.signal)));
    await this.#attempts.ended();
  }

  /** `completed` that is under way is waited for: told again, it would count twice. */
  async #completeAt(tracker: TrackerState, signal: AbortSignal): Promise<void> {
    const attempt = this.#attempts.of(tracker);
    if (attempt?.event === 'completed') {
      await orAborted(attempt.done, signal).catch((reason: unknown) => attempt.life.abort(reason));
    } else if (tracker.mayKnowUs && this.#eventFor(tracker) === 'completed') {
      await this.#tellLast(tracker, 'completed', signal);
    }
  }

  /** Leaves trackers that are not ours any more, as far as they can be told within the time. Never rejects. */
  async #dismiss(trackers: readonly TrackerState[]): Promise<void> {
    using time = deadline(this.#deps.clock, this.#options.stopTimeout);
    await Promise.all(
      trackers.map(async (tracker) => {
        this.#attempts.abort(trackerError('TRACKER_STOPPED', 'the tracker was taken out of the torrent'), tracker);
        await this.#completeAt(tracker, time.signal);
        await this.#attempts.of(tracker)?.done;
        if (tracker.mayKnowUs) await this.#tellLast(tracker, 'stopped', time.signal);
      }),
    );
  }

  /** Asks all trackers for the numbers of the swarm. Those that fail are left as they are. */
  async #scrape(): Promise<void> {
    if (this.#scraping !== null || this.#settled !== null) return;
    const { announcer } = this.#deps;
    const scraping = new AbortController();
    this.#scraping = scraping;
    await Promise.all(
      this.#trackers().map(async (tracker) => {
        try {
          const [entry] = await announcer.scrape(tracker.url, [this.#swarm.infoHash], scraping.signal);
          if (entry !== undefined) tracker.scraped(entry);
        } catch (error) {
          this.#log('scrape failed', tracker, error);
        }
      }),
    );
    this.#scraping = null;
  }

  async #tellLast(tracker: TrackerState, event: TrackerEvent, signal: AbortSignal): Promise<void> {
    const call = {
      signal,
      isUrgent: true,
      attempt: tracker.failures,
      onContact: (): void => {},
      onReply: (): void => {},
    };
    try {
      await this.#deps.announcer.announce(tracker.url, this.#requestFor(tracker, event), call);
    } catch (error) {
      this.#log('goodbye failed', tracker, error);
    }
  }

  #log(what: string, { url }: TrackerState, error: unknown): void {
    const reason = scrubSecrets(messageOf(error));
    this.#deps.logger.debug(what, { tracker: scrubSecrets(url), code: codeOf(error), reason });
  }

  /** `started` after `stopped`: begins anew once the goodbyes are said. */
  #resume(): void {
    if (this.#goodbye === null) return this.#startRound();
    void this.#goodbye.then(() => {
      if (this.#isOver) return;
      this.#settled = null;
      this.#goodbye = null;
      this.#startRound();
    });
  }
}

/** An event that may wait for the next regular announce. */
const isRoutine = (event: TrackerEvent): boolean => event === 'none' || event === 'paused';
