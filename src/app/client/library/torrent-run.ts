/**
 * A torrent at work: its part in the engine, whether it runs (the user, the queue), what stands in its way, and what
 * becomes of the engine's events. All that happens on the side ends in a problem of this torrent, never in an exception.
 */
import { codeOf, messageOf } from '../../../base/errors.ts';
import type { EventOf } from '../../../base/events.ts';
import type { Millis } from '../../../base/units.ts';
import { bareTorrentFile, hasPieceLayers } from './kept-metainfo.ts';
import type { Metainfo } from '../../../codec/metainfo/index.ts';
import type { EngineEvents, EngineState, EngineStatus, EngineTorrent, EngineTracker } from '../engine-port.ts';
import type { Problem } from '../torrent-view.ts';
import type { DurableRecord } from './durable-record.ts';
import { noteFoundData } from './found-data.ts';
import type { LibraryServices } from './library-services.ts';
import { healsItself } from '../healing/curable.ts';
import type { RunCounters } from './torrent-counters.ts';
import { TrackerWatch } from './tracker-watch.ts';

/** What the run tells its torrent. */
export interface RunOwner {
  /** Something that is seen has changed. */
  changed(): void;
  /** Its claim to a place in the queue may have changed. */
  queueChanged(): void;
  /** Peers are there, or it works: look at it each second. */
  busy(): void;
  /** All that is wanted is there: brings it to where it belongs, if need be. Never rejects. */
  settle(): Promise<void>;
  /** The same for a download, of which others are told. Resolves with whether they were; false: the client closes. */
  completed(): Promise<boolean>;
}

const RUNNING: readonly string[] = ['fetching-metadata', 'checking', 'downloading', 'seeding'];

export class TorrentRun {
  readonly #record: DurableRecord;
  readonly #counters: RunCounters;
  readonly #services: LibraryServices;
  readonly #owner: RunOwner;
  readonly #trackers: TrackerWatch;
  #engine: EngineTorrent | null = null;
  #state: EngineState | null = null;
  #problem: Problem | null = null;
  /** The queue lets it run. */
  #isAllowed = false;
  /** The user has asked for a check: until that is over it neither starts nor stops. */
  #isVerifying = false;
  /** It has failed and is being tried again: until it is known how that goes, the problem stays. */
  #isRetrying = false;
  /** Of the completion that is being told. */
  #telling: object | null = null;
  /** The torrent file that is kept has all that belongs into it. */
  #isWhole = false;
  #fileKept: Promise<void> = Promise.resolve();
  #subscription: Disposable | null = null;

  constructor(record: DurableRecord, counters: RunCounters, services: LibraryServices, owner: RunOwner) {
    this.#record = record;
    this.#counters = counters;
    this.#services = services;
    this.#owner = owner;
    this.#trackers = new TrackerWatch(record.value.hash, services.events);
  }

  /** Null: the engine does not have the torrent (`problem` says why). */
  get engine(): EngineTorrent | null {
    return this.#engine;
  }

  get metainfo(): Metainfo | null {
    return this.#engine?.metainfo ?? null;
  }

  get state(): EngineState | null {
    return this.#state;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get warning(): string | null {
    return this.#trackers.warning;
  }

  get isRunning(): boolean {
    return this.#state !== null && RUNNING.includes(this.#state.kind);
  }

  /** Nothing stands in its way, or it is being tried whether anything still does. */
  get canRun(): boolean {
    const isUntried = this.#isRetrying || this.#state?.kind === 'paused';
    return this.#problem === null || isUntried;
  }

  /** The user and the queue let it run. */
  get isMeantToRun(): boolean {
    return this.#record.value.wanted === 'running' && this.#isAllowed;
  }

  /** From now on the engine has it. */
  attach(engine: EngineTorrent): void {
    this.#engine = engine;
    this.#isWhole = engine.metainfo !== null && hasPieceLayers(engine.metainfo);
    this.#problem = null;
    this.#subscription = engine.onEvery((...event) => this.#hear(engine, event));
    this.#stateChanged(engine.status().state);
  }

  /** No more of its events are heard. */
  detach(): EngineTorrent | null {
    this.#subscription?.[Symbol.dispose]();
    const engine = this.#engine;
    this.#engine = null;
    return engine;
  }

  /** Resolves when it does not write the torrent file, which a detached one never begins. */
  get fileKept(): Promise<void> {
    return this.#fileKept;
  }

  /** What the queue says. */
  allow(isAllowed: boolean): void {
    this.#isAllowed = isAllowed;
    this.steer();
  }

  /** Makes the engine do what the user and the queue want. */
  steer(): void {
    const engine = this.#engine;
    if (engine === null || this.#isVerifying) return;
    if (this.isMeantToRun && this.#state?.kind === 'paused') this.#background('start', () => engine.resume());
    if (!this.isMeantToRun && this.isRunning) this.#background('pause', () => engine.pause());
  }

  /** Tries again after a failure. */
  retry(): void {
    const engine = this.#engine;
    if (engine === null || this.#state?.kind !== 'failed') return;
    this.#services.logger.info('trying a torrent again', { name: this.#record.value.name });
    this.#isRetrying = true;
    // Until the queue has its say.
    this.#isAllowed = true;
    this.#background('start again', () => engine.resume());
  }

  /** The user has stopped it: a failure of the engine is nothing that stands in its way then. */
  rest(): void {
    const engine = this.#engine;
    this.#isRetrying = false;
    if (engine !== null && this.#state?.kind === 'failed') this.#background('stop', () => engine.pause());
    this.steer();
  }

  /** Nothing while it is done already: the end of one check would break off the next. */
  verify(): void {
    const engine = this.#engine;
    if (engine === null || this.metainfo === null || this.#isVerifying) return;
    this.#isVerifying = true;
    this.#background('check', async () => {
      try {
        await engine.recheck();
      } finally {
        this.#isVerifying = false;
        this.#owner.changed();
        this.steer();
      }
      await this.#foundAtRest(engine);
    });
  }

  /** Tells of a completion that was noted, in a run that ended before it was told. */
  tellAgain(): void {
    if (this.#record.value.completedAt === null || this.#engine === null || this.#problem !== null) return;
    const telling = this.#beginTelling();
    if (telling !== null) this.#background('tell of the completion', () => this.#tellCompletion(telling));
  }

  /** Something other than the engine stands in its way. */
  fail(error: unknown): void {
    const [code, message] = [codeOf(error) ?? 'UNKNOWN', messageOf(error)];
    const isAgain = this.#problem?.code === code;
    this.#problem = { code, message, healsItself: healsItself(code) };
    const { hash, name } = this.#record.value;
    if (!isAgain) {
      this.#services.logger.warn('a torrent failed', { name, code, reason: message });
      this.#services.events.emit('torrent.failed', { hash, name, code, message });
    }
    this.#owner.changed();
    this.#owner.queueChanged();
  }

  /** Takes the figures in; about once a second while busy. Returns the status, null when the engine has none. */
  look(now: Millis): EngineStatus | null {
    const status = this.#engine?.status() ?? null;
    if (status === null) return null;
    const { clock, settings } = this.#services;
    const before = this.#shown;
    this.#counters.look(status, now, clock.wall(), settings.value.queue.slowRate);
    const isStalled = this.#counters.isStalled(now);
    this.isActive = status.downloadRate > 0 || status.uploadRate > 0;
    if (before?.isStalled === isStalled && isShownAlike(before.status, status)) return status;
    this.#shown = { status, isStalled };
    this.#owner.changed();
    return status;
  }

  /** What a list shows of the last look. */
  #shown: { readonly status: EngineStatus; readonly isStalled: boolean } | null = null;

  /** Payload moved at the last look. */
  isActive = false;

  /** Takes in what the trackers have said; seldom. */
  lookAtTrackers(): readonly EngineTracker[] {
    const trackers = this.#engine?.trackers() ?? [];
    if (this.#trackers.look(trackers)) this.#owner.changed();
    return trackers;
  }

  /** What the engine tells. */
  #hear(engine: EngineTorrent, [name, payload]: EventOf<EngineEvents>): void {
    const { events } = this.#services;
    const { hash } = this.#record.value;
    switch (name) {
      case 'state':
        this.#stateChanged(payload);
        break;
      case 'metadata':
        this.#background('keep the metadata', () => this.#keepMetadata(engine));
        break;
      case 'complete':
        this.#background('note the completion', () => this.#complete());
        break;
      case 'piece':
        events.emit('piece.verified', { hash, piece: payload });
        this.#owner.changed();
        break;
      case 'hashFailed':
        events.emit('piece.failed', { hash, piece: payload.piece });
        break;
      case 'banned':
        events.emit('peer.banned', { hash, ...payload });
        break;
      case 'peerConnected':
        events.emit('peer.connected', { hash, address: payload.address });
        this.#owner.busy();
        break;
      case 'peerDisconnected':
        events.emit('peer.disconnected', { hash, address: payload.address, reason: payload.reason });
        this.#owner.changed();
        break;
      case 'seedGoalReached': // the client has goals of its own
    }
  }

  #stateChanged(state: EngineState): void {
    const before = this.#state;
    this.#state = state;
    if (state.kind === 'closed') return;
    if (state.kind === 'failed') {
      this.#isRetrying = false;
      this.fail(state.error);
      return;
    }
    if (state.kind === 'paused') this.#rested(state.error);
    const isKnown = state.kind === 'downloading' || state.kind === 'seeding';
    if (isKnown) this.#contentKnown(state.kind);
    if (this.isRunning) this.#owner.busy();
    this.#owner.changed();
    if (before?.kind !== state.kind) {
      this.look(this.#services.clock.now());
      this.#owner.queueChanged();
      // Once the stack is empty: the engine is in the middle of telling everybody.
      this.#background('steer', async () => this.steer());
    }
  }

  /** It rests: what stood in its way is nothing now, unless its data cannot even be looked at. */
  #rested(error: (Error & { readonly code: string }) | undefined): void {
    if (error !== undefined) this.fail(error);
    else this.#problem = null;
  }

  /** The data has been looked at: it downloads or seeds. */
  #contentKnown(kind: 'downloading' | 'seeding'): void {
    this.#isRetrying = false;
    const { hash, name, choices, completedAt } = this.#record.value;
    if (this.#problem !== null) {
      this.#services.events.emit('torrent.healed', { hash, name, code: this.#problem.code });
      this.#problem = null;
    }
    const isDownload = kind === 'downloading';
    // Another completion is to come, whatever becomes of the one before.
    if (isDownload) this.#telling = null;
    const isCompletionOwed = isDownload || choices.isCompletionOwed;
    if (choices.trustsData || isCompletionOwed !== choices.isCompletionOwed) {
      this.#store({ choices: { ...choices, trustsData: false, isCompletionOwed } });
    }
    if (isDownload && completedAt !== null) this.#store({ completedAt: null });
  }

  async #complete(): Promise<void> {
    const telling = this.#beginTelling();
    if (this.#record.value.completedAt === null) {
      await this.#record.note({ completedAt: this.#services.clock.wall() });
    }
    await this.#keepPieceLayers();
    if (telling === null) await this.#owner.settle();
    else await this.#tellCompletion(telling);
  }

  /** After the check of a torrent that does not run: whether all that is wanted is there is known without a start. */
  async #foundAtRest(engine: EngineTorrent): Promise<void> {
    if (this.#engine !== engine || this.#state?.kind !== 'paused') return;
    const { piecesTotal, wantedDone, wantedSize } = engine.status();
    if (piecesTotal === 0) return;
    const wasComplete = this.#record.value.completedAt !== null;
    if (wantedDone < wantedSize && wasComplete) await this.#record.note({ completedAt: null });
    if (wantedDone === wantedSize && !wasComplete) await this.#complete();
  }

  /** It is being removed: the event that says so is the last one of it. */
  get #isLeaving(): boolean {
    return this.#record.value.pending?.kind === 'remove';
  }

  /** Null: there is nothing to tell, or it is being told. */
  #beginTelling(): object | null {
    if (!this.#record.value.choices.isCompletionOwed || this.#telling !== null) return null;
    this.#telling = {};
    return this.#telling;
  }

  /** At least once: what a crash cuts short is told by the next run. */
  async #tellCompletion(telling: object): Promise<void> {
    if (this.#isLeaving) return;
    const { hash, name, savePath } = this.#record.value;
    this.#services.events.emit('torrent.completed', { hash, name, savePath });
    const isTold = await this.#owner.completed();
    if (!isTold || this.#telling !== telling) return;
    await this.#record.note({ choices: { ...this.#record.value.choices, isCompletionOwed: false } });
    this.#telling = null;
  }

  /** The torrent file and what is there of its data first: once the record says that it is known, nobody looks any more. */
  async #keepMetadata(engine: EngineTorrent): Promise<void> {
    const { metainfo } = engine;
    if (metainfo === null) return;
    await noteFoundData(this.#record, metainfo);
    // It has been removed meanwhile, or its torrent file was added.
    if (this.#engine !== engine) return;
    const bytes = engine.torrentFile() ?? bareTorrentFile(metainfo);
    await this.#keepFile(bytes);
    this.#isWhole = hasPieceLayers(metainfo);
    const { infoHashes, info } = metainfo;
    // As it is by now: the user may have named it meanwhile.
    const { choices, hash, name } = this.#record.value;
    await this.#record.note({ infoHashes, hasMetainfo: true, name: choices.isNamed ? name : info.name });
    if (this.#isLeaving) return;
    this.#services.events.emit('torrent.metadata', { hash, name: this.#record.value.name });
    this.#owner.queueChanged();
  }

  /** Of a v2 torrent that came without them, peers have sent them by now (BEP 52). */
  async #keepPieceLayers(): Promise<void> {
    const engine = this.#engine;
    if (engine === null || this.#isWhole) return;
    this.#isWhole = true;
    const bytes = engine.torrentFile();
    const { name } = this.#record.value;
    if (bytes === null) return;
    await this.#keepFile(bytes).catch((error: unknown) => {
      this.#services.logger.error('could not keep the whole torrent file', { name, reason: messageOf(error) });
    });
  }

  #keepFile(bytes: Uint8Array): Promise<void> {
    const { folder } = this.#services;
    const written = this.#fileKept.then(() => folder.write(this.#record.value.hash, { kind: 'torrent', bytes }));
    this.#fileKept = written.catch(() => {});
    return written;
  }

  #store(fact: Parameters<DurableRecord['note']>[0]): void {
    this.#background('store', () => this.#record.note(fact));
  }

  #background(what: string, work: () => Promise<unknown>): void {
    const { name } = this.#record.value;
    Promise.resolve()
      .then(work)
      .catch((error: unknown) => {
        if (codeOf(error) === 'ENGINE_CLOSED') return; // the torrent has been removed meanwhile
        this.#services.logger.error(`could not ${what}`, { name, code: codeOf(error), reason: messageOf(error) });
      });
  }
}

/** All figures are the same; a state tells its changes itself. */
function isShownAlike(one: EngineStatus, other: EngineStatus): boolean {
  let key: keyof EngineStatus;
  for (key in one) {
    if (one[key] !== other[key] && !(typeof one[key] === 'object' && typeof other[key] === 'object')) return false;
  }
  return true;
}
