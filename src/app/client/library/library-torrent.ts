/** One torrent of the library, as APIs see it. */
import { sanitized } from './tracker-urls.ts';
import { clientError } from '../errors.ts';
import type { PeerAddress } from '../../../base/address.ts';
import type { Millis } from '../../../base/units.ts';
import { encodeMagnet, type InfoHashes, type Metainfo } from '../../../codec/metainfo/index.ts';
import type { TorrentCounters } from '../../../db/index.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import type { EngineStatus, EngineTorrent } from '../engine-port.ts';
import { type GoalName, reachedGoal, secondsToGoal, secondsToTime } from '../goals/seed-goals.ts';
import type { QueuedTorrent } from '../queue/queue-plan.ts';
import type { TorrentSettings } from '../torrent-settings.ts';
import type { FileView, PeerView, TorrentView, TrackerView, ViewState } from '../torrent-view.ts';
import type { FileReader, ManagedTorrent, PieceMap, RefusedPeer, Revision, TorrentChange } from '../torrents.ts';
import { checkedName, checkedSettings } from './checked-settings.ts';
import { DurableRecord } from './durable-record.ts';
import { fileOf } from './file-of.ts';
import { newestPeers, sortedOut } from './given-peers.ts';
import { Relocation } from './relocation.ts';
import { RunCounters } from './torrent-counters.ts';
import type { TorrentRecord } from './torrent-record.ts';
import { type RunOwner, TorrentRun } from './torrent-run.ts';
import { ShownState } from './shown-state.ts';
import { torrentViewOf, viewStateOf } from './torrent-view-of.ts';
import type { LibraryServices } from './library-services.ts';

/** What a torrent tells its library. */
export interface LibraryPort {
  /** The number of a new change. */
  nextRevision(): Revision;
  queueChanged(): void;
  /** It is to be looked at each second. */
  busy(torrent: LibraryTorrent): void;
  /** It is known by other info hashes than before. */
  hashesChanged(torrent: LibraryTorrent): void;
  /** All that is wanted is there, for the first time since something was missing: see `LibraryOptions`. */
  completed(torrent: LibraryTorrent): Promise<boolean>;
}

export class LibraryTorrent implements ManagedTorrent, RunOwner {
  readonly id: number;
  readonly record: DurableRecord;
  readonly run: TorrentRun;
  readonly relocation: Relocation;
  readonly counters: RunCounters;
  readonly #services: LibraryServices;
  readonly #library: LibraryPort;
  #revision: Revision;
  /** Of the present revision. */
  #view: TorrentView | null = null;
  readonly #state = new ShownState();
  #knownHashes: InfoHashes;
  #place = 0;
  /** Named in errors once it is gone. */
  #isRemoved = false;
  /** When it is looked at next although nothing is heard of it. */
  nextLook: Millis = 0;

  constructor(
    id: number,
    record: TorrentRecord,
    counters: TorrentCounters,
    services: LibraryServices,
    library: LibraryPort,
  ) {
    this.id = id;
    this.#services = services;
    this.#library = library;
    this.#revision = library.nextRevision();
    this.counters = new RunCounters(counters, services.clock.now());
    this.#knownHashes = record.infoHashes;
    this.record = new DurableRecord(id, record, services.store, this);
    this.run = new TorrentRun(this.record, this.counters, services, this);
    this.relocation = new Relocation(this.record, this.run, services, this);
  }

  get hash(): string {
    return this.record.value.hash;
  }

  get infoHashes(): InfoHashes {
    return this.record.value.infoHashes;
  }

  get metainfo(): Metainfo | null {
    return this.run.metainfo;
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Its place in the queue, 0 is the first. */
  get place(): number {
    return this.#place;
  }

  set place(place: number) {
    if (place === this.#place) return;
    this.#place = place;
    this.changed();
  }

  queued(now: Millis): QueuedTorrent & { readonly torrent: LibraryTorrent } {
    const { run, record } = this;
    const kind = run.state?.kind;
    const isUnknown = kind === undefined || kind === 'paused' || kind === 'checking';
    const isDownload = isUnknown ? record.value.completedAt === null : kind !== 'seeding';
    return {
      torrent: this,
      isWanted: record.value.wanted === 'running' && run.canRun,
      isForced: record.value.settings.isForced,
      isRunning: run.isRunning,
      isChecking: kind === 'checking',
      isDownload,
      isSlow: this.counters.isSlow(now),
    };
  }

  /** That of its view. */
  get state(): ViewState | null {
    return this.#state.now;
  }

  view(): TorrentView {
    this.#view ??= this.#newView();
    return this.#view;
  }

  files(): readonly FileView[] {
    const files = this.#engine?.files() ?? [];
    return files.map(({ path, length, ...file }) => ({ ...file, path: path.join('/'), size: length }));
  }

  peers(): readonly PeerView[] {
    return this.#engine?.peers() ?? [];
  }

  trackers(): readonly TrackerView[] {
    const now = this.#services.clock.wall();
    return (this.#engine?.trackers() ?? []).map(({ lastAt, nextIn, ...tracker }) => ({
      ...tracker,
      lastAnnounceAt: lastAt,
      nextAnnounceAt: nextIn === null ? null : now + Math.ceil(nextIn / 1000),
    }));
  }

  webSeeds(): readonly string[] {
    return this.metainfo?.webSeeds ?? [];
  }

  pieces(): PieceMap | null {
    return this.#engine?.pieces() ?? null;
  }

  why(): Diagnosis {
    const { settings, surroundings, freeSpace } = this.#services;
    const { directory, goal } = this.record.value;
    return diagnose({
      ...surroundings(),
      view: this.view(),
      files: this.files(),
      peers: this.peers(),
      trackers: this.trackers(),
      pieces: this.pieces(),
      queue: settings.value.queue,
      freeSpace: freeSpace(directory),
      isGoalReached: goal === 'reached',
    });
  }

  torrentFile(): Uint8Array | null {
    return this.#engine?.torrentFile() ?? null;
  }

  magnetLink(): string {
    const { infoHashes, name, trackers } = this.record.value;
    return this.#engine?.magnetLink() ?? encodeMagnet({ infoHashes, name, trackers: trackers?.flat() ?? [] });
  }

  async start({ isForced = false }: { readonly isForced?: boolean } = {}): Promise<void> {
    this.#mustExist();
    const { settings, goal } = this.record.value;
    await this.record.change({
      wanted: 'running',
      settings: { ...settings, isForced },
      goal: goal === 'reached' ? 'waived' : goal,
      startedAt: this.#services.clock.wall(),
    });
    this.run.retry();
    this.#library.queueChanged();
  }

  async stop(): Promise<void> {
    this.#mustExist();
    await this.#stop();
  }

  /** Its seeding is over. */
  async endSeeding(): Promise<void> {
    if (this.record.value.goal === 'ahead') await this.#stop({ goal: 'reached' });
  }

  async #stop(change: Partial<TorrentRecord> = {}): Promise<void> {
    const { settings } = this.record.value;
    await this.record.change({ ...change, wanted: 'stopped', settings: { ...settings, isForced: false } });
    this.run.rest();
    this.#library.queueChanged();
  }

  async verify(): Promise<void> {
    this.#mustExist();
    this.run.verify();
  }

  reannounce(): boolean {
    return this.#engine?.reannounce() ?? false;
  }

  async change(change: TorrentChange): Promise<void> {
    this.#mustExist();
    const checkedNow = (): Partial<TorrentSettings> =>
      checkedSettings(typeof change === 'function' ? change(this.record.value.settings) : change);
    await this.#services.takeIn(checkedNow());
    this.#mustExist();
    const checked = checkedNow();
    const before = this.record.value;
    const goal = checked.goals === undefined ? before.goal : 'ahead';
    await this.record.change({ settings: { ...before.settings, ...checked }, goal });
    this.#applySettings(checked);
    this.#services.events.emit('torrent.changed', { hash: this.hash, what: Object.keys(checked) });
    if (checked.isForced !== undefined) this.#library.queueChanged();
    if (checked.goals !== undefined) this.#library.busy(this); // one of them may be reached already
  }

  async setPriorities(priorities: ReadonlyMap<number, number>): Promise<void> {
    this.#mustExist();
    const { metainfo } = this;
    for (const [file, priority] of priorities) {
      fileOf(metainfo, file);
      if (!Number.isInteger(priority) || priority < 0 || priority > 7) {
        throw clientError('CLIENT_BAD_SETTING', `a priority is 0 … 7, not ${priority}`);
      }
    }
    const { choices } = this.record.value;
    const all = new Map([...choices.priorities, ...priorities]);
    await this.record.change({ choices: { ...choices, priorities: all } });
    // As they are by now: others may be setting some of them meanwhile.
    const now = (file: number): number => this.record.value.choices.priorities.get(file) as number;
    for (const file of priorities.keys()) await this.#engine?.setPriority(file, now(file));
    this.#services.events.emit('torrent.changed', { hash: this.hash, what: ['priorities'] });
    this.changed();
  }

  async setTrackers(tiers: readonly (readonly string[])[]): Promise<void> {
    this.#mustExist();
    const trackers = sanitized(tiers);
    await this.record.change({ trackers });
    this.#engine?.setTrackers(trackers);
    this.#services.events.emit('torrent.changed', { hash: this.hash, what: ['trackers'] });
  }

  async setName(name: string): Promise<void> {
    this.#mustExist();
    const { choices } = this.record.value;
    await this.record.change({ name: checkedName(name), choices: { ...choices, isNamed: true } });
    this.#services.events.emit('torrent.changed', { hash: this.hash, what: ['name'] });
  }

  async addPeers(peers: readonly PeerAddress[]): Promise<readonly RefusedPeer[]> {
    this.#mustExist();
    const { taken, refused } = sortedOut(peers, this.#services.refusalOf);
    if (taken.length > 0) {
      const { choices } = this.record.value;
      await this.record.change({ choices: { ...choices, peers: newestPeers([...choices.peers, ...taken]) } });
    }
    for (const peer of taken) this.#engine?.addPeer(peer);
    return refused;
  }

  async setSavePath(path: string, { movesData }: { readonly movesData: boolean }): Promise<void> {
    this.#mustExist();
    await this.relocation.setSavePath(path, movesData);
  }

  async rename(path: string, name: string): Promise<void> {
    this.#mustExist();
    await this.relocation.rename(path, name);
    this.#services.events.emit('torrent.changed', { hash: this.hash, what: ['paths'] });
  }

  open(file: number): FileReader {
    this.#mustExist();
    const found = this.metainfo?.info.files[file];
    if (this.#engine === null || found === undefined || found.isPad) {
      throw clientError('CLIENT_NO_SUCH_FILE', `the torrent has no file ${file}`);
    }
    return this.#engine.openFile(file);
  }

  // ---- for the library

  /** It is one of an earlier run. */
  returns(): void {
    this.#state.returns(this.record.value);
  }

  /** What the queue says. */
  allow(isAllowed: boolean): void {
    this.run.allow(isAllowed);
    if (!isAllowed && this.#engine !== null) this.#state.waits();
  }

  /** Something that is seen has changed. */
  changed(): void {
    this.#revision = this.#library.nextRevision();
    this.#view = null;
    const { run, relocation } = this;
    if (this.infoHashes !== this.#knownHashes) {
      this.#knownHashes = this.infoHashes;
      this.#library.hashesChanged(this);
    }
    const facts = { record: this.record.value, problem: run.problem, isMoving: relocation.isAhead };
    const state = viewStateOf(facts, run.state);
    const from = this.#state.become(state);
    if (from !== null) this.#services.events.emit('torrent.state', { hash: this.hash, from, to: state });
  }

  /**
   * Its times have gone on. That is no change, though whoever reads its view anyhow gets them as they are now; only the
   * time that is left until seeding is over is one.
   */
  refresh(): void {
    const isCountedDown = this.state === 'seeding' && (this.#view?.eta ?? null) !== null;
    this.#view = null;
    if (isCountedDown) this.changed();
  }

  queueChanged(): void {
    this.#library.queueChanged();
  }

  busy(): void {
    this.#library.busy(this);
    this.changed();
  }

  async completed(): Promise<boolean> {
    await this.settle();
    await this.relocation.settled;
    return await this.#library.completed(this);
  }

  /**
   * Begins to bring a complete torrent to its save path; of one that is there, tells what an earlier run has not. Never
   * rejects.
   */
  async settle(): Promise<void> {
    await this.relocation.settle();
    const { directory, savePath } = this.record.value;
    if (directory === savePath && !this.relocation.isMoving) this.run.tellAgain();
  }

  /** Takes the figures in. Returns whether it should be looked at again in a second. */
  look(now: Millis): boolean {
    const status = this.run.look(now);
    if (status === null) return false;
    return this.relocation.isMoving || (status.state.kind !== 'seeding' && this.run.isRunning) || isBusy(status);
  }

  /** The goal that it has reached. */
  reachedGoal(): GoalName | null {
    if (!this.#hasGoalAhead) return null;
    return reachedGoal(this.record.value.settings.goals, this.#services.settings.value.goals, this.#seeding);
  }

  /** Time until it may have seeded for so long, or sent nothing for so long, that a goal is reached; Infinity: never. */
  untilGoal(): Millis {
    if (!this.#hasGoalAhead) return Number.POSITIVE_INFINITY;
    const { goals } = this.record.value.settings;
    return 1000 * secondsToTime(goals, this.#services.settings.value.goals, this.#seeding);
  }

  markRemoved(): void {
    this.#isRemoved = true;
  }

  get #engine(): EngineTorrent | null {
    return this.run.engine;
  }

  /** It seeds, where it belongs, and the user does not want it to seed on whatever is reached. */
  get #hasGoalAhead(): boolean {
    return this.run.state?.kind === 'seeding' && this.record.value.goal === 'ahead' && !this.relocation.isAhead;
  }

  get #seeding(): { ratio: number; secondsSeeding: number; secondsIdle: number; ratioBase: number } {
    const { downloaded, uploaded, secondsSeeding } = this.counters.ever;
    const ratioBase = downloaded > 0 ? downloaded : (this.metainfo?.info.totalSize ?? 0);
    const secondsIdle = this.counters.secondsIdle(this.#services.clock.now());
    return { ratio: ratioBase > 0 ? uploaded / ratioBase : 0, secondsSeeding, secondsIdle, ratioBase };
  }

  #newView(): TorrentView {
    const { run, relocation } = this;
    const status = run.engine?.status() ?? null;
    const { goals } = this.#services.settings.value;
    const { settings } = this.record.value;
    const network = run.isRunning ? this.#services.surroundings().networkProblem : null;
    return torrentViewOf({
      id: this.id,
      record: this.record.value,
      counters: this.counters.ever,
      metainfo: this.metainfo,
      status,
      trackers: run.engine?.trackers() ?? [],
      problem: run.problem,
      warning: network?.message ?? relocation.problem?.message ?? run.warning,
      moveProblem: relocation.problem,
      isMoving: relocation.isAhead,
      moved: relocation.progress,
      isStalled: this.counters.isStalled(this.#services.clock.now()),
      place: this.#place,
      secondsToGoal: secondsToGoal(settings.goals, goals, { ...this.#seeding, uploadRate: status?.uploadRate ?? 0 }),
    });
  }

  #applySettings(change: Partial<TorrentSettings>): void {
    const engine = this.#engine;
    if (engine === null) return;
    const { downloadLimit, uploadLimit, obeysGlobalLimits, maxPeers, isSequential, isFirstLast } = change;
    const { isSuperSeeding, bandwidthPriority } = change;
    if (downloadLimit !== undefined) engine.setLimits({ download: downloadLimit });
    if (uploadLimit !== undefined) engine.setLimits({ upload: uploadLimit });
    if (obeysGlobalLimits !== undefined) engine.setIgnoresSessionLimits(!obeysGlobalLimits);
    if (maxPeers !== undefined) engine.setMaxConnections(maxPeers);
    if (isSequential !== undefined) engine.setSequential(isSequential);
    if (isFirstLast !== undefined) engine.setFirstLast(isFirstLast);
    if (isSuperSeeding !== undefined) engine.setSuperSeeding(isSuperSeeding);
    if (bandwidthPriority !== undefined) engine.setBandwidthPriority(bandwidthPriority);
  }

  #mustExist(): void {
    if (this.#isRemoved) {
      throw clientError('CLIENT_TORRENT_REMOVED', `${this.record.value.name} has been removed`);
    }
  }
}

const isBusy = ({ peersConnected, downloadRate, uploadRate }: EngineStatus): boolean =>
  peersConnected > 0 || downloadRate > 0 || uploadRate > 0;
