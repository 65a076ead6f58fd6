/**
 * Swarms that any number of trackers share, in Redis or Valkey. Each thread of a tracker has one of these.
 *
 * - The calls of one turn of the event loop go out as one batch, and while two batches are under way, those that come
 *   meanwhile wait for the next: the more there is to do, the less each call costs.
 * - What the operator allows is asked of this node's own table first.
 * - A call is answered within 500 ms, whatever the server does: a batch that takes longer or whose connection is lost is
 *   answered from the table in memory, and so is everything after it until the server answers again. That is tried after
 *   a second, and then less and less often. Peers that came meanwhile are shared when they announce again.
 * - What the server refuses (a key of another kind, full memory) is answered from the table, and nothing else. That there
 *   is trouble is told until there was none for ten seconds, in which it is tried whether the server takes writes.
 * - Each tracker counts by itself what belongs to no single swarm (own-counts.ts): finished downloads, which go from its
 *   table into the database and are told from there, and the peers that it has let in of each address. Where that is at
 *   its limit, only peers that the swarm has already are noted; newcomers are answered and left out, as in the table.
 * - An announce whose answer is lost is one to the table: a finished download in it is counted there, if the table has
 *   not seen the peer seed, and not again. What the script did of it meanwhile is not counted.
 */
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import type { Millis } from '../../../base/units.ts';
import type { AnnounceCall, SwarmCounts, SwarmStore, SwarmTable } from '../../../tracker/index.ts';
import { TICK_SECONDS } from '../../../tracker/index.ts';
import { OwnCounts } from './own-counts.ts';
import { listingScript, MOST_LISTED, peersIn } from './peer-listing.ts';
import type { PeerPresence } from './peer-presence.ts';
import { trackerServerError } from '../errors.ts';
import { isRefusal, type ScriptLink } from './script-link.ts';
import { keyOf, SwarmBatch } from './swarm-batch.ts';
import { swarmScript } from './swarm-script.ts';

/** How the shared swarms are, for the operator. */
export interface StoreHealth {
  readonly status: 'ok' | 'degraded';
  /** Why it is degraded; empty when all is well. */
  readonly reason: string;
}

export interface RedisSwarmsParts {
  /** Says who is served, and answers when the server does not. */
  readonly table: SwarmTable;
  /** Peers of each address that this tracker has let in. */
  readonly presence: PeerPresence;
  /** Makes a connection. `onLost`: a connection that was made ended by itself. */
  readonly link: (onLost: () => void) => ScriptLink;
  readonly clock: Pick<Clock, 'after'>;
  readonly random: Pick<Random, 'below'>;
  /** Calls back when the event loop has handled what has arrived. */
  readonly afterTurn: (work: () => void) => void;
  /** The time in seconds, instead of that of the server. */
  readonly time?: () => number;
  /** Longest time that a call waits for the server, and a connection for being made, ms. */
  readonly patience?: Millis;
  readonly onHealth?: (health: StoreHealth) => void;
}

const PATIENCE: Millis = 500;
/** Time before an attempt to reach the server, ms: at first, and at the most, when many have failed. */
const RETRY: Millis = 1000;
const LONGEST_RETRY: Millis = 30_000;
/** Time without trouble after which all is well again, ms. */
const CALM: Millis = 10_000;
/** Time after which a server of which nothing was asked, or that refuses, has to show that it takes writes, ms. */
const HEARTBEAT: Millis = 2000;
/** Batches under way at once: the server works on one while the next travels. */
const UNDER_WAY = 2;
/** Batches that wait, 4,096 calls: what Redis does within PATIENCE. Calls beyond them are answered from memory. */
const MOST_WAITING = 64;

const unreachable = (reason: string): Error =>
  trackerServerError('SWARMS_UNREACHABLE', `the shared swarms cannot be reached: ${reason}`);
const ok: StoreHealth = { status: 'ok', reason: '' };

export class RedisSwarms implements SwarmStore, Disposable {
  readonly #parts: RedisSwarmsParts;
  readonly #patience: Millis;
  readonly #own: OwnCounts;
  #health: StoreHealth = { status: 'degraded', reason: 'not connected yet' };
  /** The connection in use; null while the table answers. */
  #link: ScriptLink | null = null;
  /** The next attempt to reach the server, or the next look whether it is there. */
  #timer: Disposable | null = null;
  /** The time at which there was no trouble for long enough. */
  #calm: Disposable | null = null;
  /** Attempts to reach the server since there was no trouble for long. */
  #attempts = 0;
  #wasAsked = false;
  #isClosed = false;
  readonly #waiting: SwarmBatch[] = [];
  readonly #sent = new Set<SwarmBatch>();
  #isPlanned = false;

  constructor(parts: RedisSwarmsParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? PATIENCE;
    this.#own = new OwnCounts(parts.table, parts.presence);
  }

  get #late(): string {
    return `no answer within ${this.#patience} ms`;
  }

  /** Tries to reach the server for the first time; resolves when that is decided. Further attempts follow by themselves. */
  async start(): Promise<void> {
    await this.#connect();
  }

  announce(call: AnnounceCall): Promise<void> | undefined {
    const { table } = this.#parts;
    const outcome = this.#link === null ? 'served' : table.resolve(call.infoHash);
    const batch = outcome === 'served' ? this.#openBatch() : null;
    if (batch === null) return table.announce(call);
    call.outcome = 'served';
    call.completed = table.resolvedCompleted;
    batch.addAnnounce(call, table.resolved);
    return batch.done;
  }

  scrape(infoHash: Int32Array, counts: SwarmCounts): Promise<void> | undefined {
    const { table } = this.#parts;
    const outcome = this.#link === null ? 'served' : table.resolve(infoHash);
    const batch = outcome === 'served' ? this.#openBatch() : null;
    if (batch === null) return table.scrape(infoHash, counts);
    counts.completed = table.resolvedCompleted;
    batch.addScrape(infoHash, table.resolved, counts);
    return batch.done;
  }

  /**
   * Up to `most` peers of a swarm, for its operator: those that stay longest of each role and family, which are those
   * heard of last where all trackers have one interval. Not more than 1,000, and none on WebSockets. Rejects when the
   * server does not answer: the table has only those that came without it.
   */
  async peersOf(infoHash: Int32Array, most: number): Promise<ReturnType<typeof peersIn>> {
    const { table, clock } = this.#parts;
    if (table.resolve(infoHash) === 'denied') return [];
    const key = keyOf(table.resolved);
    if (this.#link === null) throw unreachable(this.#health.reason);
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    using _timer = clock.after(this.#patience, () => reject(unreachable(this.#late)));
    const values = [String(Math.min(most, MOST_LISTED)), this.#time];
    const listing = this.#link.run(listingScript, [key], values).catch((error: unknown) => {
      throw unreachable(messageOf(error));
    });
    return peersIn(await Promise.race([listing, timeout]));
  }

  /** A batch with room; null when the server is not there or far behind. */
  #openBatch(): SwarmBatch | null {
    if (this.#link === null) return null;
    const last = this.#waiting.at(-1);
    if (last !== undefined && !last.isFull) return last;
    return this.#waiting.length === MOST_WAITING ? null : this.#addBatch();
  }

  #addBatch(): SwarmBatch {
    this.#wasAsked = true;
    const batch = new SwarmBatch(this.#own);
    this.#waiting.push(batch);
    // When this thread itself was held up, the answer may be there and is to be read first.
    const { clock, afterTurn } = this.#parts;
    const deadline = clock.after(this.#patience, () =>
      afterTurn(() => {
        if (!batch.isSettled) this.#lose(this.#late);
      }),
    );
    void batch.done.then(() => deadline[Symbol.dispose]());
    this.#plan();
    return batch;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#parts.afterTurn(() => {
      this.#isPlanned = false;
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    while (this.#link !== null && this.#sent.size < UNDER_WAY) {
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      this.#send(this.#link, batch);
    }
  }

  #send(link: ScriptLink, batch: SwarmBatch): void {
    this.#sent.add(batch);
    void link.run(swarmScript, batch.keys, this.#values(batch.entries)).then(
      (answers) => {
        if (!batch.isSettled) this.#answered(batch, answers);
      },
      (error: unknown) => {
        if (!batch.isSettled) this.#failed(batch, error);
      },
    );
  }

  #answered(batch: SwarmBatch, answers: Uint8Array): void {
    let reason: string | null;
    try {
      reason = batch.settle(answers, this.#parts.table);
    } catch (error) {
      this.#lose(messageOf(error));
      return;
    }
    this.#sent.delete(batch);
    if (reason !== null) this.#refused(reason);
    this.#sendWaiting();
  }

  #failed(batch: SwarmBatch, error: unknown): void {
    if (!isRefusal(error)) {
      this.#lose(messageOf(error));
      return;
    }
    this.#sent.delete(batch);
    batch.settleFrom(this.#parts.table);
    this.#refused(error.message);
    this.#sendWaiting();
  }

  /** The server has refused something and goes on. The first reason is told until all is well, so that none alternate. */
  #refused(reason: string): void {
    // Another server may have taken its place at the same address.
    if (reason.includes('READONLY')) {
      this.#lose(reason);
      return;
    }
    if (this.#health.status === 'ok') this.#tell({ status: 'degraded', reason });
    this.#planCalm();
  }

  /** What the script is given beside the keys. */
  #values(entries: Buffer): (string | Buffer)[] {
    return [entries, this.#lifetime, String(this.#parts.random.below(2 ** 31)), this.#time];
  }

  /** Seconds of silence after which a peer is gone. */
  get #lifetime(): string {
    return String(this.#parts.table.options.lifetime * TICK_SECONDS);
  }

  /** The time in seconds; empty for that of the server. */
  get #time(): string {
    const { time } = this.#parts;
    return time === undefined ? '' : String(time());
  }

  async #connect(): Promise<void> {
    const link: ScriptLink = this.#parts.link(() => {
      if (this.#link === link) this.#lose('the connection was lost');
    });
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    using _timer = this.#parts.clock.after(this.#patience, () => reject(new Error(this.#late)));
    const check = new SwarmBatch(this.#own);
    check.addProbe();
    try {
      const attempt = link.connect().then(() => link.run(swarmScript, check.keys, this.#values(check.entries)));
      const reason = check.settle(await Promise.race([attempt, timeout]), this.#parts.table);
      if (reason !== null) throw new Error(reason);
      if (this.#isClosed) {
        link.close();
        return;
      }
      this.#link = link;
      this.#tell(ok);
      this.#planHeartbeat();
      this.#planCalm();
    } catch (error) {
      closeQuietly(link);
      this.#tell({ status: 'degraded', reason: messageOf(error) });
      this.#planRetry();
    }
  }

  /** The server is given up for now: what waits for it is answered from the table. */
  #lose(reason: string): void {
    const link = this.#link;
    if (link === null) return;
    this.#link = null;
    this.#timer?.[Symbol.dispose]();
    this.#calm?.[Symbol.dispose]();
    const unanswered = [...this.#sent, ...this.#waiting.splice(0)];
    this.#sent.clear();
    for (const batch of unanswered) if (!batch.isSettled) batch.settleFrom(this.#parts.table);
    closeQuietly(link);
    if (this.#isClosed) return;
    this.#tell({ status: 'degraded', reason });
    this.#planRetry();
  }

  #planRetry(): void {
    if (this.#isClosed) return;
    const delay = Math.min(LONGEST_RETRY, RETRY * 2 ** this.#attempts++);
    this.#timer = this.#parts.clock.after(delay, () => void this.#connect());
  }

  #planCalm(): void {
    this.#calm?.[Symbol.dispose]();
    this.#calm = this.#parts.clock.after(CALM, () => {
      this.#attempts = 0;
      this.#tell(ok);
    });
  }

  /** Makes what is told of the server true when no request does. */
  #planHeartbeat(): void {
    this.#timer = this.#parts.clock.after(HEARTBEAT, () => {
      if (!this.#wasAsked || this.#health.status !== 'ok') this.#openBatch()?.addProbe();
      this.#wasAsked = false;
      this.#planHeartbeat();
    });
  }

  #tell(health: StoreHealth): void {
    const before = this.#health;
    this.#health = health;
    if (before.status !== health.status || before.reason !== health.reason) this.#parts.onHealth?.(health);
  }

  /** From now on the table answers, also what waits. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    this.#lose('closed');
  }
}

/** A connection that never came to be has nothing to close, and says so by an error. */
function closeQuietly(link: ScriptLink): void {
  try {
    link.close();
  } catch {
    // It is closed.
  }
}
