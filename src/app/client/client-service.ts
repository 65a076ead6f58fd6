/** The client as a whole: the library and what is around it, composed and looked after. */
import { addressKey } from '../../base/address.ts';
import { isHostWithin } from '../../base/address-prefix.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { formatBytes } from '../../base/size.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { ClientRepository } from '../../db/index.ts';
import type { AcceptConfig, ClientConfig } from '../config/index.ts';
import { webFetch } from '../web-fetch/index.ts';
import { CategoryList } from './categories/category-list.ts';
import type { Client, ClientStats, HealthChecks } from './client.ts';
import { CompletionProgram } from './completion/completion-program.ts';
import type { Engine } from './engine-port.ts';
import type { EventHistory } from './events/event-history.ts';
import { DiskDelay } from './diagnosis/disk-delay.ts';
import { PeerFilter } from './filter/peer-filter.ts';
import type { GoalName } from './goals/seed-goals.ts';
import { type DiskProbe, fileSystemProbe } from './healing/disk-probe.ts';
import { Disks } from './healing/disks.ts';
import { FolderLooks } from './healing/folder-looks.ts';
import { HealthBoard } from './health/health-board.ts';
import { Library } from './library/library.ts';
import type { LibraryTorrent } from './library/library-torrent.ts';
import { MetainfoFolder } from './library/metainfo-folder.ts';
import type { SealOpener } from './library/open-source.ts';
import { RecordStore } from './library/record-store.ts';
import type { Surroundings } from './library/surroundings.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { AllowedFolders, refuseRelative } from './places/allowed-folders.ts';
import { browse, type BrowsedEntry, type Space, spaceAt } from './places/browse.ts';
import type { Settings, SettingsChange } from './settings.ts';
import type { RunFigures, RunTotals } from './totals/run-totals.ts';
import { WatchFolders } from './watch/watch-folders.ts';
import { WebhookList } from './webhooks/webhook-list.ts';
import { WebhookSender } from './webhooks/webhook-sender.ts';

export interface ClientDeps {
  readonly engine: Engine;
  readonly repository: ClientRepository;
  readonly settings: Settings;
  readonly totals: RunTotals;
  readonly events: EventHistory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Folder of the torrent files that are kept. */
  readonly folder: string;
  /** Opens a `.dst` with the client's keys. */
  readonly openSealed: SealOpener;
  /** Whether a peer at this address may be dialled: as the engine has it. */
  readonly mayDial: (host: string) => boolean;
  /** Ends the program in order. */
  readonly shutDown: () => void;
  /** Default: the file system. */
  readonly disk?: DiskProbe;
  /** What else is looked after: what is wrong with it, in words; null: nothing. */
  readonly checks?: Readonly<Record<string, () => string | null | Promise<string | null>>>;
}

/** Between two savings of totals, and looks at the blocklist, ms. */
const SAVE_INTERVAL: Millis = 60_000;
/** Between two looks at disks, failures, the schedule and health, ms. */
const LOOK_INTERVAL: Millis = 10_000;
/** Between two looks at watched folders, ms. */
const WATCH_INTERVAL: Millis = 5_000;
/** Less free space than this is told, bytes. */
const LITTLE_SPACE: ByteCount = 256 * 1024 * 1024;
/** Largest answer of a webhook that is read, bytes. */
const LARGEST_ANSWER: ByteCount = 64 * 1024;

export class ClientService implements Client, AsyncDisposable {
  readonly torrents: Library;
  readonly categories: CategoryList;
  readonly settings: Settings;
  readonly events: EventHistory;
  readonly webhooks: WebhookList;
  readonly #deps: ClientDeps;
  readonly #folders: AllowedFolders;
  readonly #filter: PeerFilter;
  readonly #limits: RateLimits;
  readonly #diskDelay = new DiskDelay();
  readonly #disks: Disks;
  readonly #health: HealthBoard;
  readonly #watch: WatchFolders;
  readonly #program: CompletionProgram;
  readonly #sender: WebhookSender;
  readonly #timers = new Map<string, Disposable>();
  /** Their goal is reached, and their seeding not ended yet. */
  readonly #unended = new WeakSet<LibraryTorrent>();
  /** Settled when the webhooks have the completion of a torrent, by hash. */
  readonly #toldCompletions = new Map<string, Promise<void>>();
  #network: Disposable | null = null;
  #isClosed = false;

  private constructor(deps: ClientDeps) {
    const { engine, repository, settings, events, logger, clock } = deps;
    const config = (): Settings['value'] => settings.value;
    this.#deps = deps;
    this.settings = settings;
    this.events = events;
    this.#folders = new AllowedFolders(config);
    this.#health = new HealthBoard(events);
    const disk = deps.disk ?? fileSystemProbe;
    const looks = new FolderLooks(disk, clock);
    this.#disks = new Disks(disk, looks, clock);
    const allowedFolder = (path: string): Promise<string> => this.#allowedFolder(path);
    const torrents = (): Library => this.torrents;
    this.categories = new CategoryList({ repository: repository.categories, config, allowedFolder, torrents });
    this.torrents = new Library({
      ...deps,
      repository: repository.torrents,
      store: new RecordStore(repository.torrents),
      folder: new MetainfoFolder(deps.folder),
      allowedFolder,
      inTime: (folder, look) => this.#disks.inTime(folder, look),
      takeIn: (given) => this.categories.takeIn(given),
      refusalOf: (host) => this.#refusalOf(host),
      surroundings: () => this.#surroundings,
      freeSpace: (folder) => this.#disks.freeAt(folder),
      categoryPath: (name) => this.categories.pathOf(name),
      completed: (torrent) => this.#completed(torrent),
      goalReached: (torrent, goal) => this.#goalReached(torrent, goal),
    });
    this.#filter = new PeerFilter({
      engine,
      repository: repository.bans,
      path: () => config().peers.blocklist,
      logger,
    });
    this.#limits = new RateLimits({ engine, config, events, clock });
    this.#watch = new WatchFolders({ torrents: this.torrents, looks, config, logger });
    this.#program = new CompletionProgram({ clock, logger, program: () => config().torrents.onComplete });
    const mayContact = (host: string): boolean => isHostWithin(host, config().api.privateRanges);
    this.webhooks = new WebhookList(repository.webhooks, mayContact);
    this.#sender = new WebhookSender({
      ...deps,
      webhooks: () => this.webhooks.stored,
      told: (id, problem) => this.webhooks.told(id, problem),
      post: (message) => webFetch({ ...message, method: 'POST', largest: LARGEST_ANSWER }, { mayContact }),
    });
  }

  /** Reads what is durable and lets torrents run. Rejects DB_*, and the system's error when the folder cannot be made. */
  static async open(deps: ClientDeps): Promise<ClientService> {
    const client = new ClientService(deps);
    await client.#open();
    return client;
  }

  async changeSettings(
    values: Readonly<Record<string, unknown>>,
    { isLocal }: { readonly isLocal: boolean },
  ): Promise<SettingsChange> {
    for (const key of ['downloads', 'incomplete']) refuseRelative(key, values[key]);
    // The roots are those of before: what counts is where data would go, and not how it was written.
    const accept: AcceptConfig<ClientConfig> = async ({ downloads, incomplete }) => {
      const now = this.settings.value;
      if (downloads !== now.downloads) await this.#allowedFolder(downloads);
      if (incomplete !== null && incomplete !== now.incomplete) await this.#allowedFolder(incomplete);
    };
    const change = await this.settings.set(this.#limits.withSwitch(values), isLocal ? undefined : accept);
    this.#limits.changed(values, change);
    return change;
  }

  stats(): ClientStats {
    const { engine, totals } = this.#deps;
    const { downloadRate, uploadRate, connections, hasIncoming } = engine.stats();
    const counts = { all: 0, active: 0, stopped: 0, failed: 0 };
    for (const torrent of this.torrents.all()) {
      counts.all++;
      if (torrent.run.isActive) counts.active++;
      if (torrent.state === 'stopped') counts.stopped++;
      if (torrent.state === 'failed') counts.failed++;
    }
    return {
      startedAt: totals.startedAt,
      downloadRate,
      uploadRate,
      peersConnected: connections,
      torrents: counts,
      run: totals.run(this.#figures),
      ever: totals.ever(this.#figures),
      freeSpace: this.#disks.freeAt(this.settings.value.downloads),
      listening: engine.listening.map(addressKey),
      isReachable: hasIncoming,
      usesAltLimits: this.#limits.isAlternative,
    };
  }

  health(): HealthChecks {
    return this.#health.checks;
  }

  async space(path: string): Promise<Space> {
    return this.#disks.inTime(path, async () => spaceAt(await this.#folders.check(path)));
  }

  browse(path: string): Promise<readonly BrowsedEntry[]> {
    return this.#disks.inTime(path, () => browse(this.#folders, path));
  }

  refreshBlocklist(): Promise<number> {
    return this.#filter.refresh().finally(() => this.#tellFilter());
  }

  get banned(): readonly string[] {
    return this.#filter.banned;
  }

  ban(hosts: readonly string[]): Promise<void> {
    return this.#filter.ban(hosts);
  }

  unban(hosts: readonly string[]): Promise<void> {
    return this.#filter.unban(hosts);
  }

  shutDown(): void {
    this.#deps.shutDown();
  }

  /** Stops what it does on its own and stores what it has counted. Engine and database are closed by their owners. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#network?.[Symbol.dispose]();
    this.#sender.close();
    this.#program.close();
    await this.torrents.close();
    await this.#deps.totals.save(this.#figures, this.events.last);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const { totals } = this.#deps;
    this.#limits.apply();
    await this.#filter.open();
    this.#tellFilter();
    await this.categories.open();
    await this.webhooks.open();
    this.events.on((event) => {
      const taken = this.#sender.take(event);
      if (event.name === 'torrent.completed') this.#toldCompletions.set(event.data.hash, taken);
      if (event.name === 'settings.changed') this.#settingsChanged();
    });
    await this.torrents.open();
    this.#network = this.#deps.engine.onProblem(() => this.#networkChanged());
    this.#networkChanged();
    await this.#look();
    this.#every('save totals', SAVE_INTERVAL, async () => {
      await this.#lookAtBlocklist();
      await totals.save(this.#figures, this.events.last);
    });
    this.#every('look around', LOOK_INTERVAL, () => this.#look());
    this.#every('look at watched folders', WATCH_INTERVAL, async () => {
      await this.#watch.look();
      this.#health.set('watch', this.#watch.problem);
    });
  }

  #allowedFolder(path: string): Promise<string> {
    return this.#disks.inTime(path, () => this.#folders.check(path));
  }

  /** All but what needs a restart counts at once. */
  #settingsChanged(): void {
    this.#limits.apply();
    this.torrents.queueChanged();
    void this.#lookAtBlocklist();
  }

  async #lookAtBlocklist(): Promise<void> {
    await this.#filter.look();
    this.#tellFilter();
  }

  #tellFilter(): void {
    this.#health.set('blocklist', this.#filter.problem);
  }

  /** Running torrents show it as a warning: they go on by themselves when it is over. */
  #networkChanged(): void {
    this.#health.set('network', this.#deps.engine.problem?.message ?? null);
    for (const torrent of this.torrents.all()) if (torrent.run.isRunning) torrent.changed();
  }

  async #look(): Promise<void> {
    this.#limits.apply();
    this.#diskDelay.look(this.#deps.engine.diskUse().kinds.commit);
    const { downloads } = this.settings.value;
    const patients = await this.#disks.look(downloads, this.torrents.all());
    const free = this.#disks.freeAt(downloads);
    const isLow = free !== null && free < LITTLE_SPACE;
    this.#health.set('space', isLow ? `${formatBytes(free)} are free in ${downloads}` : null);
    this.#health.set('torrents', patients.length > 0 ? `${patients.length} failed by a fault of the disk` : null);
    await this.#disks.heal(patients);
    const unanswered = this.#disks.unanswered;
    this.#health.set('folders', unanswered.length > 0 ? `no answer comes from ${unanswered.join(', ')}` : null);
    this.#health.set('peers', this.#deps.engine.listening.length > 0 ? null : 'peers are accepted nowhere');
    for (const [name, check] of Object.entries(this.#deps.checks ?? {})) this.#health.set(name, await check());
    const failing = this.webhooks.all().filter(({ problem }) => problem !== null);
    this.#health.set('webhooks', failing.length > 0 ? `${failing.length} do not take events` : null);
  }

  /** The event has gone out before. */
  async #completed(torrent: LibraryTorrent): Promise<boolean> {
    const taken = this.#toldCompletions.get(torrent.hash);
    this.#toldCompletions.delete(torrent.hash);
    const [hasRun] = await Promise.all([this.#program.run(torrent.view()), taken]);
    return hasRun;
  }

  #goalReached(torrent: LibraryTorrent, goal: GoalName): void {
    if (this.#isAwaited(torrent)) return;
    const { action } = this.settings.value.goals;
    const { hash } = torrent;
    // It is tried again at each look.
    const isAgain = this.#unended.has(torrent);
    this.#unended.add(torrent);
    if (!isAgain) this.events.emit('torrent.goal-reached', { hash, name: torrent.record.value.name, goal, action });
    const end = async (): Promise<void> => {
      if (action === 'stop') await torrent.endSeeding();
      else await this.torrents.remove([torrent], { deleteData: action === 'remove-with-data' });
      this.#unended.delete(torrent);
    };
    void end().catch((error: unknown) => {
      if (!isAgain) this.#deps.logger.error('could not end seeding', { hash, action, reason: messageOf(error) });
    });
  }

  /** The user's program has the data, or is to get it; what cannot be moved is not waited for. */
  #isAwaited({ id, record, relocation }: LibraryTorrent): boolean {
    return record.value.choices.isCompletionOwed && relocation.problem === null && !this.#program.hasRun(id);
  }

  #refusalOf(host: string): string | null {
    if (!this.#deps.mayDial(host)) {
      return 'peers on this machine and at other special addresses are dialled only when `api.privateRanges` has them';
    }
    return this.#filter.has(host) ? 'its address is banned, or on the blocklist' : null;
  }

  get #surroundings(): Surroundings {
    const { limits } = this.settings.value;
    const { isAlternative } = this.#limits;
    const { downloadRate, uploadRate, hasIncoming } = this.#deps.engine.stats();
    return {
      limits: isAlternative
        ? { download: limits.altDownload, upload: limits.altUpload }
        : { download: limits.download, upload: limits.upload },
      isAlternative,
      rates: { download: downloadRate, upload: uploadRate },
      networkProblem: this.#deps.engine.problem,
      hasIncoming,
      diskDelay: this.#diskDelay.last,
    };
  }

  get #figures(): RunFigures {
    const { downloaded, uploaded } = this.#deps.engine.stats();
    return { downloaded, uploaded, torrentsAdded: this.torrents.added };
  }

  #every(what: string, interval: Millis, work: () => Promise<void>): void {
    const again = (): void => {
      void work()
        .catch((error: unknown) => this.#deps.logger.error(`could not ${what}`, { reason: messageOf(error) }))
        .finally(() => {
          if (!this.#isClosed) this.#timers.set(what, this.#deps.clock.after(interval, again));
        });
    };
    this.#timers.set(what, this.#deps.clock.after(interval, again));
  }
}
