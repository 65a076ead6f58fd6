/** Test support: an engine that does as it is told, a clock that stands still, and a client over a database in memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { testTorrent, type TestTorrent, type TestTorrentOptions } from '../../../test/sim/test-torrent.ts';
import { Bitfield } from '../../base/bitfield.ts';
import { type Clock, sleepOn } from '../../base/clock.ts';
import type { DstError } from '../../base/errors.ts';
import { type EventOf, Events } from '../../base/events.ts';
import type { Logger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import type { Millis, UnixSeconds } from '../../base/units.ts';
import { decodeMagnet, type InfoHashes, type Metainfo } from '../../codec/metainfo/index.ts';
import { type Database, openDatabase } from '../../db/index.ts';
import type { SharedFiles } from '../../engine/index.ts';
import { clientConfig, type ClientConfig } from '../config/index.ts';
import { type ClientDeps, ClientService } from './client-service.ts';
import type {
  Engine,
  EngineAddOptions,
  EngineEvents,
  EngineState,
  EngineStatus,
  EngineTorrent,
} from './engine-port.ts';
import type { EngineTracker } from './engine-port.ts';
import type { ClientEvent, EventName } from './event-log.ts';
import { EventHistory } from './events/event-history.ts';
import { type DiskProbe, fileSystemProbe } from './healing/disk-probe.ts';
import type { Settings, SettingsChange } from './settings.ts';
import type { FileReader } from './torrents.ts';
import { RunTotals } from './totals/run-totals.ts';

/** Calendar time at the beginning. */
const START: UnixSeconds = 1_900_000_000;

interface Timer {
  readonly at: Millis;
  readonly fn: () => void;
}

export class ManualClock implements Clock {
  #now: Millis = 0;
  readonly #timers = new Set<Timer>();

  now(): Millis {
    return this.#now;
  }

  wall(): UnixSeconds {
    return START + Math.floor(this.#now / 1000);
  }

  after(delay: Millis, fn: () => void): Disposable {
    const timer = { at: this.#now + delay, fn };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => this.#timers.delete(timer) };
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delay, signal);
  }

  /** The thread is held for so long: time passes, and no timer comes. */
  hold(duration: Millis): void {
    this.#now += duration;
  }

  /** Lets time pass; between two timers everything that follows from the first comes to its end. */
  async pass(duration: Millis): Promise<void> {
    const end = this.#now + duration;
    for (;;) {
      await settle();
      const next = [...this.#timers].toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
    }
    this.#now = Math.max(this.#now, end);
  }
}

/** Gives real I/O and promises time to come to their end. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate();
}

/** Longest wait for what real I/O and real programs bring about, ms. */
const PATIENCE_MS = 60_000;

/** Waits for what real I/O brings about. */
export async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error('it did not come about');
    await setImmediate();
  }
}

const IDLE: Omit<EngineStatus, 'state' | 'name'> = {
  totalSize: null,
  wantedSize: 0,
  wantedDone: 0,
  done: 0,
  checked: 1,
  downloaded: 0,
  uploaded: 0,
  wasted: 0,
  downloadRate: 0,
  uploadRate: 0,
  etaSeconds: null,
  piecesHave: 0,
  piecesTotal: 0,
  peersConnected: 0,
  peersSending: 0,
  peersReceiving: 0,
  seedsConnected: 0,
  peersKnown: 0,
  availability: 0,
};

export class FakeTorrent implements EngineTorrent {
  readonly infoHashes: InfoHashes;
  metainfo: Metainfo | null;
  readonly options: EngineAddOptions;
  readonly source: string | Metainfo;
  /** What it was told to do, in order. */
  readonly calls: string[] = [];
  /** What `status` tells besides the state. */
  figures: Partial<EngineStatus> = {};
  trackerList: EngineTracker[] = [];
  /** Whether all data is there when it is started. */
  isComplete = false;
  /** Thrown by the next call of this name. */
  readonly failures: Map<string, Error> = new Map();
  directory: string;
  #state: EngineState;
  readonly #engine: FakeEngine;
  readonly #events = new Events<EngineEvents>((error) => {
    throw error;
  });

  constructor(engine: FakeEngine, source: string | Metainfo, options: EngineAddOptions) {
    this.#engine = engine;
    this.source = source;
    this.options = options;
    this.directory = options.directory;
    this.metainfo = typeof source === 'string' ? null : source;
    this.infoHashes = typeof source === 'string' ? decodeMagnet(source).infoHashes : source.infoHashes;
    this.isComplete = options.trustsData === true;
    if (options.isPaused) this.#state = { kind: 'paused' };
    else if (this.metainfo === null) this.#state = { kind: 'fetching-metadata' };
    else this.#state = { kind: 'checking', done: 0, total: 0 };
  }

  get state(): EngineState {
    return this.#state;
  }

  become(state: EngineState): void {
    this.#state = state;
    this.#events.emit('state', state);
  }

  emit<K extends keyof EngineEvents>(name: K, payload: EngineEvents[K]): void {
    this.#events.emit(name, payload);
  }

  /** All wanted data has come. */
  finish(): void {
    this.isComplete = true;
    this.become({ kind: 'seeding' });
    this.emit('complete', { downloaded: this.figures.downloaded ?? 0 });
  }

  metadataArrives(metainfo: Metainfo): void {
    this.metainfo = metainfo;
    this.become({ kind: 'checking', done: 0, total: 0 });
    this.emit('metadata', metainfo);
    this.#open();
  }

  status(): EngineStatus {
    const size = this.metainfo?.info.totalSize ?? 0;
    const done = this.isComplete ? size : 0;
    const piecesTotal = this.metainfo?.info.pieceCount ?? 0;
    const totalSize = this.metainfo === null ? null : size;
    const known = { totalSize, wantedSize: size, wantedDone: done, done, piecesTotal };
    return { ...IDLE, ...known, state: this.#state, name: this.metainfo?.info.name ?? '', ...this.figures };
  }

  files(): ReturnType<EngineTorrent['files']> {
    return (this.metainfo?.info.files ?? []).map(({ path, length }, index) => ({
      index,
      path,
      length,
      done: this.isComplete ? length : 0,
      priority: 4,
      firstPiece: 0,
      lastPiece: 0,
      availability: -1,
    }));
  }

  peers(): ReturnType<EngineTorrent['peers']> {
    return [];
  }

  trackers(): readonly EngineTracker[] {
    return this.trackerList;
  }

  pieces(): ReturnType<EngineTorrent['pieces']> {
    return { have: new Bitfield(this.metainfo?.info.pieceCount ?? 0), active: [], availability: new Uint16Array(0) };
  }

  onEvery(listener: (...event: EventOf<EngineEvents>) => void): Disposable {
    return this.#events.onEvery(listener);
  }

  torrentFile(): Uint8Array | null {
    return this.#engine.files.get(this.metainfo) ?? null;
  }

  magnetLink(): string {
    return 'magnet:?fake';
  }

  async resume(): Promise<void> {
    this.#call('resume');
    if (this.metainfo === null) this.become({ kind: 'fetching-metadata' });
    else this.#open();
  }

  async pause(): Promise<void> {
    this.#call('pause');
    this.become({ kind: 'paused' });
  }

  async checkFolder(): Promise<void> {
    this.#call('checkFolder');
    const error = this.#engine.lost.get(this.directory);
    if (error !== undefined) this.become({ kind: 'failed', error });
  }

  async recheck(): Promise<void> {
    this.#call('recheck');
    const isResting = this.#state.kind === 'paused';
    const { promise, resolve } = Promise.withResolvers<void>();
    this.checked = resolve;
    this.become({ kind: 'paused' });
    this.become({ kind: 'checking', done: 0, total: 1 });
    await promise;
    if (isResting) this.become({ kind: 'paused' });
    else this.#open();
  }

  /** The check that was asked for is over. */
  checked: () => void = () => {};

  reannounce(): boolean {
    this.#call('reannounce');
    return ['fetching-metadata', 'downloading', 'seeding'].includes(this.#state.kind);
  }

  addPeer({ host, port }: { host: string; port: number }): void {
    this.#call(`addPeer ${host}:${port}`);
  }

  async setPriority(file: number, priority: number): Promise<void> {
    this.#call(`setPriority ${file} ${priority}`);
  }

  setSequential(isSequential: boolean): void {
    this.#call(`setSequential ${isSequential}`);
  }

  setFirstLast(isFirstLast: boolean): void {
    this.#call(`setFirstLast ${isFirstLast}`);
  }

  setSuperSeeding(isSuperSeeding: boolean): void {
    this.#call(`setSuperSeeding ${isSuperSeeding}`);
  }

  setBandwidthPriority(priority: string): void {
    this.#call(`setBandwidthPriority ${priority}`);
  }

  setMaxConnections(most: number | null): void {
    this.#call(`setMaxConnections ${most}`);
  }

  setIgnoresSessionLimits(ignores: boolean): void {
    this.#call(`setIgnoresSessionLimits ${ignores}`);
  }

  setLimits(limits: { download?: number; upload?: number }): void {
    this.#call(`setLimits ${JSON.stringify(limits)}`);
  }

  setTrackers(tiers: readonly (readonly string[])[]): void {
    this.#call(`setTrackers ${JSON.stringify(tiers)}`);
  }

  async setPaths(paths: ReadonlyMap<number, readonly string[]>): Promise<void> {
    this.#call(`setPaths ${JSON.stringify([...paths])}`);
  }

  async move(directory: string): Promise<void> {
    this.#call(`move ${directory}`);
    await this.#engine.moving;
    this.directory = directory;
  }

  async setDirectory(directory: string): Promise<void> {
    this.#call(`setDirectory ${directory}`);
    this.directory = directory;
  }

  openFile(): FileReader {
    throw new Error('not faked');
  }

  async remove({ deleteData = false }: { deleteData?: boolean } = {}): ReturnType<EngineTorrent['remove']> {
    await this.#engine.removing;
    this.#call(`remove ${deleteData}`);
    this.#engine.torrents.delete(this);
    return this.#engine.shared.get(this) ?? null;
  }

  #open(): void {
    this.become({ kind: this.isComplete ? 'seeding' : 'downloading' });
    if (this.isComplete) this.emit('complete', { downloaded: 0 });
  }

  #call(what: string): void {
    this.calls.push(what);
    const name = what.split(' ')[0] as string;
    const failure = this.failures.get(name);
    if (failure === undefined) return;
    this.failures.delete(name);
    throw failure;
  }
}

export class FakeEngine implements Engine {
  readonly listening: Engine['listening'] = [{ host: '127.0.0.1', port: 7000 }];
  problem: Engine['problem'] = null;
  readonly problemListeners: Set<() => void> = new Set();
  readonly torrents: Set<FakeTorrent> = new Set();
  /** What `torrentFile` gives for a torrent. */
  readonly files: Map<Metainfo | null, Uint8Array> = new Map();
  /** Folders that are gone, and what is told of them. */
  readonly lost: Map<string, DstError> = new Map();
  /** Additions, moves and removals take until it resolves. */
  adding: Promise<void> = Promise.resolve();
  moving: Promise<void> = Promise.resolve();
  removing: Promise<void> = Promise.resolve();
  /** What stays of torrents that are removed. */
  readonly shared: Map<FakeTorrent, SharedFiles> = new Map();
  /** Thrown by the next `add`. */
  refusal: Error | null = null;
  /** Told to a torrent that is added, before anybody sees it. */
  prepare: (torrent: FakeTorrent) => void = () => {};
  limits: { download?: number; upload?: number }[] = [];
  changes: Parameters<Engine['change']>[0][] = [];
  filter: { has(host: string): boolean } = { has: () => false };
  commits = { jobs: 0, seconds: 0 };
  figures = { downloaded: 0, uploaded: 0, downloadRate: 0, uploadRate: 0, connections: 0, hasIncoming: false };

  async add(source: string | Metainfo, options: EngineAddOptions): Promise<FakeTorrent> {
    const { refusal } = this;
    this.refusal = null;
    if (refusal !== null) throw refusal;
    await this.adding;
    const torrent = new FakeTorrent(this, source, options);
    this.torrents.add(torrent);
    this.prepare(torrent);
    if (!options.isPaused) void setImmediate().then(() => torrent.resume());
    return torrent;
  }

  onProblem(listener: () => void): Disposable {
    this.problemListeners.add(listener);
    return { [Symbol.dispose]: () => this.problemListeners.delete(listener) };
  }

  /** Nothing can be sent any more, or again. */
  become(problem: Engine['problem']): void {
    this.problem = problem;
    for (const listener of this.problemListeners) listener();
  }

  setLimits(limits: { download?: number; upload?: number }): void {
    this.limits.push(limits);
  }

  change(options: Parameters<Engine['change']>[0]): void {
    this.changes.push(options);
  }

  setFilter(filter: { has(host: string): boolean }): void {
    this.filter = filter;
  }

  diskUse(): ReturnType<Engine['diskUse']> {
    return { kinds: { commit: this.commits } };
  }

  stats(): FakeEngine['figures'] {
    return this.figures;
  }
}

type Deep<T> = { readonly [K in keyof T]?: T[K] extends object ? Deep<T[K]> | T[K] : T[K] };

export class FakeSettings implements Settings {
  readonly places = { file: '/config/config.toml', data: '/data' };
  #value: ClientConfig;

  constructor(value: ClientConfig) {
    this.#value = value;
  }

  get value(): ClientConfig {
    return this.#value;
  }

  get afterRestart(): ClientConfig {
    return this.#value;
  }

  originOf(): 'default' {
    return 'default';
  }

  async set(
    values: Readonly<Record<string, unknown>>,
    accept?: (next: ClientConfig) => Promise<void>,
  ): Promise<SettingsChange> {
    let next = this.#value;
    for (const [key, value] of Object.entries(values)) {
      const [group, name] = key.split('.') as [string, string | undefined];
      const members = (next as unknown as Record<string, object>)[group] ?? {};
      next = { ...next, [group]: name === undefined ? value : { ...members, [name]: value } };
    }
    await accept?.(next);
    this.#value = next;
    return { changed: Object.keys(values), needRestart: [] };
  }
}

/** Remembers what it is told, each message with its level in front. */
export class FakeLog implements Logger {
  readonly lines: string[] = [];
  readonly debug: Logger['debug'] = this.#level('debug');
  readonly info: Logger['info'] = this.#level('info');
  readonly warn: Logger['warn'] = this.#level('warn');
  readonly error: Logger['error'] = this.#level('error');

  #level(level: string): Logger['info'] {
    return (message, fields) => void this.lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  }
}

/** A client in a folder of its own, which may be started again over what it has left behind. */
export class Stage implements AsyncDisposable {
  readonly folder: string;
  readonly database: Database;
  readonly clock: ManualClock = new ManualClock();
  readonly log: FakeLog = new FakeLog();
  readonly settings: FakeSettings;
  engine: FakeEngine = new FakeEngine();
  client!: ClientService;
  /** Tests may put in others. */
  readonly disk: { -readonly [K in keyof DiskProbe]: DiskProbe[K] } = { ...fileSystemProbe };
  openSealed: ClientDeps['openSealed'] = () => Promise.reject(new Error('no keys'));
  #isRunning = false;

  private constructor(folder: string, database: Database, settings: FakeSettings) {
    this.folder = folder;
    this.database = database;
    this.settings = settings;
  }

  static async open(config: Deep<ClientConfig> = {}): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'dst-client-'));
    const downloads = join(folder, 'downloads');
    const groups = { api: { roots: [folder] }, peers: {}, limits: {}, queue: {}, goals: {}, torrents: {}, memory: {} };
    const value = clientConfig.parse({ downloads, ...groups, ...config }) as ClientConfig;
    const stage = new Stage(folder, await openDatabase(':memory:', {}), new FakeSettings(value));
    await stage.start();
    return stage;
  }

  /** The folder of torrent files. */
  get kept(): string {
    return join(this.folder, 'torrents');
  }

  /** A new run over what is durable. */
  async start(): Promise<void> {
    const { clock, log: logger, settings } = this;
    const repository = this.database.client;
    const totals = await RunTotals.open(repository.totals, clock);
    const events = new EventHistory(totals.lastEvent, clock, logger);
    this.client = await ClientService.open({
      ...{ engine: this.engine, repository, settings, totals, events, clock, logger },
      random: seededRandom(1),
      folder: this.kept,
      openSealed: (file) => this.openSealed(file),
      mayDial: (host) => !host.startsWith('127.'),
      shutDown: () => {},
      disk: this.disk,
    });
    this.#isRunning = true;
    await setImmediate(); // what was added running has been looked at
    await clock.pass(0);
  }

  /** The program is killed: nothing is stored any more. The next engine knows nothing. */
  kill(): void {
    this.#isRunning = false;
    this.engine = new FakeEngine();
  }

  async stop(): Promise<void> {
    await this.client.close();
    this.kill();
  }

  /** Lets time pass, for as long as real I/O needs, until something has come about. */
  async passUntil(isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await isTrue())) {
      if (performance.now() > end) throw new Error('it did not come about');
      await this.clock.pass(1_000);
    }
  }

  /** The engine's torrents in the order in which they were added. */
  get torrents(): FakeTorrent[] {
    return [...this.engine.torrents];
  }

  eventNames(prefix = ''): EventName[] {
    return this.events(prefix).map(({ name }) => name);
  }

  events(prefix = ''): readonly ClientEvent[] {
    return this.client.events.since(0).events.filter(({ name }) => name.startsWith(prefix));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isRunning) await this.client.close();
    await this.database.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A small torrent of its own for each seed. */
export const smallTorrent = (seed: number, options: TestTorrentOptions = {}): TestTorrent =>
  testTorrent({ files: [100_000], seed, ...options });
