/**
 * Swarms that any number of trackers share, in Redis or Valkey. Each thread of a tracker has one of these.
 *
 * - The calls of one turn of the event loop go out as one batch, and while two batches are under way, those that come
 *   meanwhile wait for the next: the more there is to do, the less each call costs.
 * - What the operator allows is asked of this node's own table first.
 * - A call is answered within 500 ms, whatever the server does: a batch that takes longer or fails is answered from
 *   the table in memory, and so is everything after it until the server answers again, which is tried once a second.
 *   Peers that came meanwhile are shared when they announce again.
 * - No limit of peers for one address holds here: it would need a count across all swarms.
 */
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import type { Millis } from '../../../base/units.ts';
import type { AnnounceCall, SwarmCounts, SwarmStore, SwarmTable } from '../../../tracker/index.ts';
import { TICK_SECONDS } from '../../../tracker/index.ts';
import type { ScriptLink } from './script-link.ts';
import { SwarmBatch } from './swarm-batch.ts';

/** How the shared swarms are, for the operator. */
export interface StoreHealth {
  readonly status: 'ok' | 'degraded';
  /** Why it is degraded; empty when all is well. */
  readonly reason: string;
}

export interface RedisSwarmsParts {
  /** Says who is served, and answers when the server does not. */
  readonly table: SwarmTable;
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
/** Time between two attempts to reach the server, ms. */
const RETRY: Millis = 1000;
/** Time after which a server of which nothing was asked has to show that it is there, ms. */
const HEARTBEAT: Millis = 2000;
/** Batches under way at once: the server works on one while the next travels. */
const UNDER_WAY = 2;
/** Batches that wait, 4,096 calls: what Redis does within PATIENCE. Calls beyond them are answered from memory. */
const MOST_WAITING = 64;

const ok: StoreHealth = { status: 'ok', reason: '' };

export class RedisSwarms implements SwarmStore, Disposable {
  readonly #parts: RedisSwarmsParts;
  readonly #patience: Millis;
  #health: StoreHealth = { status: 'degraded', reason: 'not connected yet' };
  /** The connection in use; null while the table answers. */
  #link: ScriptLink | null = null;
  /** The next attempt to reach the server, or the next look whether it is there. */
  #timer: Disposable | null = null;
  #wasAsked = false;
  #isClosed = false;
  readonly #waiting: SwarmBatch[] = [];
  readonly #sent = new Set<SwarmBatch>();
  #isPlanned = false;

  constructor(parts: RedisSwarmsParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? PATIENCE;
  }

  get #late(): string {
    return `no answer within ${this.#patience} ms`;
  }

  /** Tries to reach the server for the first time; resolves when that is decided. Further attempts follow by themselves. */
  async start(): Promise<void> {
    await this.#connect();
  }

  health(): StoreHealth {
    return this.#health;
  }

  announce(call: AnnounceCall): Promise<void> | undefined {
    const { table } = this.#parts;
    const outcome = this.#link === null ? 'served' : table.resolve(call.infoHash);
    const batch = outcome === 'served' ? this.#openBatch() : null;
    if (batch === null) return table.announce(call);
    call.outcome = 'served';
    batch.addAnnounce(call, table.resolved);
    return batch.done;
  }

  scrape(infoHash: Int32Array, counts: SwarmCounts): Promise<void> | undefined {
    const { table } = this.#parts;
    const outcome = this.#link === null ? 'served' : table.resolve(infoHash);
    const batch = outcome === 'served' ? this.#openBatch() : null;
    if (batch === null) return table.scrape(infoHash, counts);
    batch.addScrape(infoHash, table.resolved, counts);
    return batch.done;
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
    const batch = new SwarmBatch();
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
    void link.run(batch.keys, this.#values(batch.entries)).then(
      (answers) => {
        if (batch.isSettled) return;
        try {
          batch.settle(answers, this.#told);
        } catch (error) {
          this.#lose(messageOf(error));
          return;
        }
        this.#sent.delete(batch);
        this.#sendWaiting();
      },
      (error: unknown) => {
        if (!batch.isSettled) this.#lose(messageOf(error));
      },
    );
  }

  /** What the script is given beside the keys. */
  #values(entries: Buffer): (string | Buffer)[] {
    const { table, random, time } = this.#parts;
    const lifetime = table.options.lifetime * TICK_SECONDS;
    return [entries, String(lifetime), String(random.below(2 ** 31)), time === undefined ? '' : String(time())];
  }

  /** Counts that are told include the peers on WebSockets, whom only this node knows. */
  readonly #told = (call: AnnounceCall): void => this.#parts.table.addWeb(call);

  async #connect(): Promise<void> {
    const link: ScriptLink = this.#parts.link(() => {
      if (this.#link === link) this.#lose('the connection was lost');
    });
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    using _timer = this.#parts.clock.after(this.#patience, () => reject(new Error(this.#late)));
    try {
      const attempt = link.connect().then(() => link.run([], this.#values(Buffer.alloc(0))));
      await Promise.race([attempt, timeout]);
      if (this.#isClosed) {
        link.close();
        return;
      }
      this.#link = link;
      this.#tell(ok);
      this.#planHeartbeat();
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
    this.#timer = this.#parts.clock.after(RETRY, () => void this.#connect());
  }

  /** Without requests a batch of nothing is sent, so that what is told of the server is true. */
  #planHeartbeat(): void {
    this.#timer = this.#parts.clock.after(HEARTBEAT, () => {
      if (!this.#wasAsked) this.#addBatch();
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
