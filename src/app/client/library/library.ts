/**
 * The torrents of the client. The order of durable steps makes a crash harmless wherever it comes:
 * - added: torrent file, row, engine. A file without a row is dropped at the next start.
 * - removed: row marked, data, torrent file, row. What was marked is finished at the next start.
 * - moved: row marked with the target, data, row.
 */
import type { Random } from '../../../base/random.ts';
import type { Millis } from '../../../base/units.ts';
import { clientError } from '../errors.ts';
import type { GoalName } from '../goals/seed-goals.ts';
import { planQueue } from '../queue/queue-plan.ts';
import { moveInOrder, renumber } from '../queue/queue-order.ts';
import type {
  Added,
  ManagedTorrent,
  NewTorrent,
  QueueMove,
  RefusedPeer,
  RemovalFailure,
  Revision,
  TorrentChanges,
  Torrents,
} from '../torrents.ts';
import { ChangesJournal } from './changes-journal.ts';
import { EngineEntry } from './engine-entry.ts';
import { sortedOut } from './given-peers.ts';
import type { LibraryServices } from './library-services.ts';
import { type LibraryPort, LibraryTorrent } from './library-torrent.ts';
import { hashOf, openSource, type OpenedSource, type SealOpener } from './open-source.ts';
import { Placement } from './placement.ts';
import { failuresSoon } from './removal-failures.ts';
import { Removals } from './removals.ts';
import { saveFacts } from './save-facts.ts';
import { noCounters } from './torrent-counters.ts';
import { type ReadRecord, recordOf } from './torrent-record.ts';
import { TorrentIndex } from './torrent-index.ts';
import type { ClientRepository } from '../../../db/index.ts';

/** Between two looks at busy torrents, ms. */
const TICK: Millis = 1_000;
/** Torrents of which nothing is heard are looked at so often, ms; soon after they started. */
const SELDOM: Millis = 60_000;
const SOON: Millis = 5_000;
/** Between two looks at who is slow and whose turn it is, ms. */
const QUEUE_INTERVAL: Millis = 10_000;
/** Times as long as it took to plan nothing is planned: thousands of torrents that start change the queue all the time. */
const PLANNING_PAUSE = 16;
/** Between two savings of counters, ms: what a crash may take of them. */
const SAVE_INTERVAL: Millis = 60_000;
/** Torrent files that are read at the same time at the start. */
const MOST_READING = 16;

/** Each torrent has its second of the minute: a look at thousands in one turn of the event loop keeps others waiting. */
const untilTurn = (id: number, now: Millis): Millis => SELDOM - ((now + id * TICK) % SELDOM);

export interface LibraryOptions extends LibraryServices {
  readonly repository: ClientRepository['torrents'];
  readonly random: Random;
  readonly openSealed: SealOpener;
  /** Folder of a category; null: that of the client. */
  readonly categoryPath: (category: string) => string | null;
  /** A download is complete, and where it belongs. Resolves with whether all know of it; else the next run tells again. */
  readonly completed: (torrent: LibraryTorrent) => Promise<boolean>;
  /** A torrent has seeded enough. Asked again at each look until it stops. */
  readonly goalReached: (torrent: LibraryTorrent, goal: GoalName) => void;
}

export class Library implements Torrents {
  readonly #options: LibraryOptions;
  readonly #journal: ChangesJournal;
  readonly #torrents = new TorrentIndex<LibraryTorrent>();
  readonly #placement: Placement;
  readonly #entry: EngineEntry;
  readonly #removals: Removals;
  /** One for all torrents. */
  readonly #port: LibraryPort = {
    nextRevision: () => this.#journal.next(),
    queueChanged: () => this.queueChanged(),
    hashesChanged: (torrent) => this.#torrents.learnNames(torrent),
    busy: (torrent) => {
      this.#busy.add(torrent);
      torrent.nextLook = Math.min(torrent.nextLook, this.#options.clock.now() + SOON);
    },
    completed: async (torrent) => {
      torrent.look(this.#options.clock.now());
      await saveFacts([torrent], this.#options);
      return this.#options.completed(torrent);
    },
  };
  readonly #busy = new Set<LibraryTorrent>();
  /** One addition after another: two of one torrent must not both find it missing. */
  #adding: Promise<unknown> = Promise.resolve();
  #timer: Disposable | null = null;
  #isPlanDue = false;
  #nextPlan: Millis = 0;
  #soonestPlan: Millis = 0;
  #nextSave: Millis = 0;
  #isClosed = false;
  /** Torrents that were added in this run. */
  added = 0;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#journal = new ChangesJournal(options.random);
    this.#placement = new Placement(options);
    this.#entry = new EngineEntry(options);
    this.#removals = new Removals({ ...options, entry: this.#entry, torrents: this.#torrents });
  }

  get size(): number {
    return this.#torrents.size;
  }

  all(): readonly LibraryTorrent[] {
    return this.#torrents.inOrder;
  }

  find(key: number | string): LibraryTorrent | null {
    return this.#torrents.find(key);
  }

  changes(since: Revision): TorrentChanges {
    return this.#journal.since(since, this.#torrents.inOrder);
  }

  /** Reads what is there, takes up what was not finished, and lets torrents run. */
  async open(): Promise<void> {
    const { folder, repository, logger, clock } = this.#options;
    folder.open();
    const found: ReadRecord[] = [];
    for await (const page of repository.load()) found.push(...page.map(recordOf));
    for (const { record, repaired } of found) {
      if (repaired.length > 0) logger.warn('a damaged record was repaired', { name: record.name, repaired });
    }
    const dropped = await folder.dropOrphans(new Set(found.map(({ record }) => record.hash)));
    if (dropped > 0) logger.info('torrent files without a torrent were deleted', { count: dropped });
    const removals = found.filter(({ record }) => record.pending?.kind === 'remove');
    const kept = found.filter(({ record }) => record.pending?.kind !== 'remove');
    const torrents = kept.map((one) => this.#make(one));
    for (const torrent of torrents) torrent.returns();
    this.#torrents.addAll(torrents);
    // Before the engine has them: those whose turn it is come into it running.
    this.#plan();
    const next = torrents.values();
    const work = async (): Promise<void> => {
      for (const torrent of next) await this.#entry.restore(torrent);
    };
    await Promise.all(Array.from({ length: MOST_READING }, work));
    for (const one of removals) void this.#removals.finish(this.#make(one));
    this.#nextSave = clock.now() + SAVE_INTERVAL;
    this.queueChanged();
    this.#tick();
  }

  async add(torrent: NewTorrent): Promise<Added> {
    this.#mustBeOpen();
    const source = await openSource(torrent.source, this.#options.openSealed);
    const adding = this.#adding.then(() => this.#add(torrent, source));
    this.#adding = adding.catch(() => {});
    return adding;
  }

  async remove(
    torrents: readonly ManagedTorrent[],
    { deleteData = false }: { readonly deleteData?: boolean } = {},
  ): Promise<readonly RemovalFailure[]> {
    const leaving = this.#own(torrents);
    await Promise.all(leaving.map(({ record }) => record.change({ pending: { kind: 'remove', deleteData } })));
    const endings: Promise<RemovalFailure | null>[] = [];
    // Of two callers the first has done it.
    for (const torrent of leaving.filter((one) => this.#torrents.delete(one))) {
      const { id, hash, record } = torrent;
      torrent.markRemoved();
      this.#busy.delete(torrent);
      this.#journal.removed({ id, hash });
      this.#options.events.emit('torrent.removed', { hash, name: record.value.name, isDataDeleted: deleteData });
      endings.push(this.#removals.finish(torrent));
    }
    this.#torrents.numberPlaces();
    this.queueChanged();
    return deleteData ? await failuresSoon(endings, this.#options.clock) : [];
  }

  async moveInQueue(torrents: readonly ManagedTorrent[], to: QueueMove): Promise<void> {
    const moved = new Set(this.#own(torrents));
    const order = moveInOrder(this.#torrents.inOrder, moved, to);
    const numbers = renumber(order.map((torrent) => ({ torrent, position: torrent.record.value.queuePosition })));
    const saved = [...numbers].map(([{ torrent }, position]) => torrent.record.change({ queuePosition: position }));
    this.#orderChanged();
    await Promise.all(saved).catch((error: unknown) => {
      this.#orderChanged();
      throw error;
    });
  }

  #orderChanged(): void {
    this.#torrents.sort();
    this.queueChanged();
  }

  /** Whose turn it is may have changed. */
  queueChanged(): void {
    if (this.#isPlanDue || this.#isClosed) return;
    this.#isPlanDue = true;
    const { clock } = this.#options;
    clock.after(Math.max(0, this.#soonestPlan - clock.now()), () => this.#plan());
  }

  /** Stops looking, saves what has happened, and waits for what is under way. The engine is closed by its owner. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    for (const torrent of this.all()) torrent.relocation.close();
    await this.#lookAndSave();
    // It may take longer than somebody waits: a removal lets a move of the torrent end first.
    await this.#adding;
    await this.#removals.allSettled();
    await this.#lookAndSave();
    for (const torrent of this.all()) torrent.run.detach();
  }

  // ---- adding

  async #add(wanted: NewTorrent, source: OpenedSource): Promise<Added> {
    this.#mustBeOpen();
    const { store, folder, events, clock } = this.#options;
    const hash = hashOf(source.infoHashes);
    await this.#removals.settled(hash);
    const known = this.#torrents.findAny(source.infoHashes);
    if (known !== null) {
      return { torrent: known, isDuplicate: true, refused: await this.#addAgain(known, source, wanted) };
    }
    const record = await this.#placement.recordOf(wanted, source, {
      hash,
      position: wanted.isFirst === true ? this.#torrents.firstPosition - 1 : this.#torrents.lastPosition + 1,
      now: clock.wall(),
    });
    if (source.kept !== null) await folder.write(hash, source.kept);
    const id = await store.insert(record).catch(async (error: unknown) => {
      await folder.delete(hash);
      throw error;
    });
    const torrent = this.#make({ id, record, counters: noCounters, repaired: [] });
    this.#torrents.addAll([torrent]);
    this.added++;
    events.emit('torrent.added', { hash, name: record.name });
    const { peers = [] } = wanted;
    await this.#entry.add(torrent, source, [...source.peers, ...peers]);
    this.queueChanged();
    return { torrent, isDuplicate: false, refused: sortedOut(peers, this.#options.refusalOf).refused };
  }

  /** New trackers and peers come to those that are there; a torrent file that was lost, or awaited, is there. */
  async #addAgain(known: LibraryTorrent, source: OpenedSource, wanted: NewTorrent): Promise<readonly RefusedPeer[]> {
    const { kept } = source;
    if (known.metainfo === null && kept !== null) {
      await this.#entry.complete(known, source.metainfo, kept);
      this.queueChanged();
    }
    const refused = await known.addPeers(wanted.peers ?? []);
    const isPrivate = known.metainfo?.info.isPrivate === true || source.metainfo?.info.isPrivate === true;
    if (isPrivate) return refused;
    const tiers = known.record.value.trackers ?? known.metainfo?.trackers ?? [];
    const urls = new Set(tiers.flat());
    const more = [...source.trackers, ...(wanted.trackers ?? [])].map((tier) => tier.filter((url) => !urls.has(url)));
    if (more.some((tier) => tier.length > 0)) await known.setTrackers([...tiers, ...more]);
    await known.addPeers(source.peers);
    return refused;
  }

  #make({ id, record, counters }: ReadRecord): LibraryTorrent {
    return new LibraryTorrent(id, record, counters, this.#options, this.#port);
  }

  // ---- time

  #plan(): void {
    this.#isPlanDue = false;
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const begun = clock.now();
    const queued = this.all().map((torrent) => torrent.queued(begun));
    const running = planQueue(queued, this.#options.settings.value.queue);
    for (const one of queued) one.torrent.allow(running.has(one));
    const now = clock.now();
    this.#nextPlan = now + QUEUE_INTERVAL;
    this.#soonestPlan = now + PLANNING_PAUSE * (now - begun);
  }

  #tick(): void {
    const { clock } = this.#options;
    const now = clock.now();
    for (const torrent of this.all()) {
      const isDue = now >= torrent.nextLook;
      if (!isDue && !this.#busy.has(torrent)) continue;
      if (!torrent.look(now)) this.#busy.delete(torrent);
      const goal = torrent.reachedGoal();
      if (goal !== null) this.#options.goalReached(torrent, goal);
      if (isDue) torrent.nextLook = now + untilTurn(torrent.id, now);
      if (goal === null) torrent.nextLook = Math.min(torrent.nextLook, now + torrent.untilGoal());
      if (!isDue) continue;
      torrent.run.lookAtTrackers();
      void torrent.settle();
      torrent.refresh();
    }
    if (now >= this.#nextPlan) this.queueChanged();
    if (now >= this.#nextSave) {
      this.#nextSave = now + SAVE_INTERVAL;
      void saveFacts(this.all(), this.#options);
    }
    this.#timer = this.#isClosed ? null : clock.after(TICK, () => this.#tick());
  }

  #lookAndSave(): Promise<void> {
    for (const torrent of this.all()) torrent.look(this.#options.clock.now());
    return saveFacts(this.all(), this.#options);
  }

  #own(torrents: readonly ManagedTorrent[]): LibraryTorrent[] {
    return torrents.map(({ id }) => {
      const torrent = this.#torrents.find(id);
      if (torrent === null) throw clientError('CLIENT_TORRENT_REMOVED', `there is no torrent ${id}`);
      return torrent;
    });
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw clientError('CLIENT_CLOSED', 'the client is closed');
  }
}
