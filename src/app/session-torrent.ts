/** A torrent of the library's session, as its users have it. */
import { resolve } from 'node:path';
import type { PeerAddress } from '../base/address.ts';
import type { EventOf, ListenOptions } from '../base/events.ts';
import type { ByteCount, BytesPerSecond, FileIndex } from '../base/units.ts';
import { encodeMagnet, encodeMetainfo, type InfoHashes, magnetOf, type Metainfo } from '../codec/metainfo/index.ts';
import {
  type BandwidthPriority,
  engineError,
  type FileReader,
  type FileStatus,
  type PeerStatus,
  type PieceMap,
  type RemoveOptions,
  type SharedFiles,
  type Torrent,
  type TorrentEvents,
  type TorrentStatus,
  type TrackerStatus,
  type TrackerTiers,
} from '../engine/index.ts';

export interface SessionTorrent {
  readonly infoHashes: InfoHashes;
  /** Null until the metadata of a magnet link is there. */
  readonly metainfo: Metainfo | null;
  status(): TorrentStatus;
  files(): FileStatus[];
  /** Which pieces are there, under way, and at how many peers; null until the data was looked at. */
  pieces(): PieceMap | null;
  peers(): PeerStatus[];
  on<K extends keyof TorrentEvents>(
    name: K,
    listener: (payload: TorrentEvents[K]) => void,
    options?: ListenOptions,
  ): Disposable;
  /** Listens to all events, with their names. */
  onEvery(listener: (...event: EventOf<TorrentEvents>) => void): Disposable;
  /** Resolves when the info dictionary is known. */
  metadata(options?: { signal?: AbortSignal }): Promise<Metainfo>;
  /**
   * Resolves when existing data has been looked at (journal or hashes): the state is then downloading, seeding or, when
   * the torrent rests, paused. Rejects when it failed.
   */
  ready(options?: { signal?: AbortSignal }): Promise<void>;
  /** Resolves when all wanted data is verified and written; rejects when the torrent fails or is closed. */
  completed(options?: { signal?: AbortSignal }): Promise<void>;
  addPeer(address: PeerAddress): void;
  select(files: readonly FileIndex[]): Promise<void>;
  setPriority(file: FileIndex, priority: number): Promise<void>;
  setSequential(isSequential: boolean): void;
  /** The first and last piece of each wanted file come first: what players look at before all. */
  setFirstLast(isFirstLast: boolean): void;
  /** To be the only seed of new data (BEP 16): in effect while everything is there and no other seed was seen. */
  setSuperSeeding(isSuperSeeding: boolean): void;
  /** A file, to be read while it may still be downloading. Throws ENGINE_NO_METADATA, ENGINE_BAD_FILE_INDEX. */
  openFile(index: FileIndex): FileReader;
  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void;
  /** Null: as many as the session allows a torrent. */
  setMaxConnections(maxConnections: number | null): void;
  /** Its share when the rate limits of the session do not suffice for all: each has twice that of the next lower one. */
  setBandwidthPriority(priority: BandwidthPriority): void;
  /** The rate limits of the session do not count for this torrent, nor its traffic for them. */
  setIgnoresSessionLimits(ignoresSessionLimits: boolean): void;
  trackers(): TrackerStatus[];
  /** Other trackers (BEP 12): those that go are told that we stop, new ones that we start. */
  setTrackers(tiers: TrackerTiers): void;
  /**
   * Asks the trackers for peers and the numbers of the swarm now, as far as their rules allow. False: it is in no swarm
   * (paused, checked, failed), and nobody was asked.
   */
  reannounce(): boolean;
  /** Where the files lie. After a kill in the middle of a move: not where the torrent was added, but where they are. */
  readonly directory: string;
  /**
   * Moves the files; peers are served meanwhile. Rejects STORAGE_TARGET_EXISTS, STORAGE_NO_SPACE, STORAGE_MISSING, with
   * nothing moved. Who keeps the directory for the next start does so afterwards; after a kill the torrent is found by
   * the old directory as well as by the new one, and the call can be made again.
   */
  move(
    directory: string,
    options?: { signal?: AbortSignal; onProgress?: (done: ByteCount, total: ByteCount) => void },
  ): Promise<void>;
  /** The files are expected in another folder, and are looked for and checked there. */
  setDirectory(directory: string): Promise<void>;
  /**
   * Renames files: these lie at other paths below the directory than the metainfo says, all others at theirs. Who keeps
   * the paths for the next start (`paths` of `add`) does so before the call: what a kill cut short is finished then.
   * Rejects STORAGE_BAD_PATH, STORAGE_TARGET_EXISTS, with nothing renamed.
   */
  setPaths(paths: ReadonlyMap<FileIndex, readonly string[]>): Promise<void>;
  /** The bytes of a torrent file, with the present trackers; null until the metadata is there. Of a sealed one its carrier's. */
  torrentFile(): Uint8Array | null;
  magnetLink(): string;
  pause(): Promise<void>;
  /** Also after a failure: what is there is looked at anew, and not hashed again. */
  resume(): Promise<void>;
  start(): Promise<void>;
  /** Hashes all data that is there; a torrent that rests, rests afterwards. What is gone is downloaded again. */
  recheck(options?: { signal?: AbortSignal }): Promise<void>;
  /** Fails when its data is gone from where it lay: of a drive that was unplugged nothing else tells before it is used. */
  checkFolder(): Promise<void>;
  /** Ends the torrent; its data stays unless `deleteData`. Resolves with files that stay though, for others have them too. */
  remove(options?: RemoveOptions): Promise<SharedFiles | null>;
}

type Waiting = { signal?: AbortSignal };

export class ClientTorrent implements SessionTorrent {
  readonly #torrent: Torrent;
  readonly #remove: (options: RemoveOptions) => Promise<SharedFiles | null>;

  constructor(torrent: Torrent, remove: (options: RemoveOptions) => Promise<SharedFiles | null>) {
    this.#torrent = torrent;
    this.#remove = remove;
  }

  get infoHashes(): InfoHashes {
    return this.#torrent.infoHashes;
  }

  get metainfo(): Metainfo | null {
    return this.#torrent.metainfo;
  }

  status(): TorrentStatus {
    return this.#torrent.status();
  }

  files(): FileStatus[] {
    return this.#torrent.files();
  }

  pieces(): PieceMap | null {
    return this.#torrent.pieces();
  }

  peers(): PeerStatus[] {
    return this.#torrent.peers();
  }

  on<K extends keyof TorrentEvents>(
    name: K,
    listener: (payload: TorrentEvents[K]) => void,
    options?: ListenOptions,
  ): Disposable {
    return this.#torrent.events.on(name, listener, options);
  }

  onEvery(listener: (...event: EventOf<TorrentEvents>) => void): Disposable {
    return this.#torrent.events.onEvery(listener);
  }

  async metadata(options: Waiting = {}): Promise<Metainfo> {
    await this.#until(() => this.#torrent.metainfo !== null, options);
    return this.#torrent.metainfo as Metainfo;
  }

  async ready(options: Waiting = {}): Promise<void> {
    if (this.#torrent.state.kind === 'paused') await this.#torrent.data.idle();
    await this.#until(() => ['downloading', 'seeding', 'paused'].includes(this.#torrent.state.kind), options);
  }

  completed(options: Waiting = {}): Promise<void> {
    return this.#until(() => this.#torrent.state.kind === 'seeding', options);
  }

  addPeer(address: PeerAddress): void {
    this.#torrent.addPeers([address]);
  }

  select(files: readonly FileIndex[]): Promise<void> {
    return this.#torrent.wishes.select(files);
  }

  setPriority(file: FileIndex, priority: number): Promise<void> {
    return this.#torrent.wishes.setPriority(file, priority);
  }

  setSequential(isSequential: boolean): void {
    this.#torrent.wishes.setSequential(isSequential);
  }

  setFirstLast(isFirstLast: boolean): void {
    this.#torrent.wishes.setFirstLast(isFirstLast);
  }

  setSuperSeeding(isSuperSeeding: boolean): void {
    this.#torrent.setSuperSeeding(isSuperSeeding);
  }

  openFile(index: FileIndex): FileReader {
    return this.#torrent.readers.open(index);
  }

  get directory(): string {
    return this.#torrent.data.places.directory;
  }

  move(directory: string, options: Parameters<SessionTorrent['move']>[1] = {}): Promise<void> {
    return this.#torrent.relocation.move(resolve(directory), options);
  }

  setDirectory(directory: string): Promise<void> {
    return this.#torrent.relocation.setDirectory(resolve(directory));
  }

  setPaths(paths: ReadonlyMap<FileIndex, readonly string[]>): Promise<void> {
    return this.#torrent.relocation.setPaths(paths);
  }

  torrentFile(): Uint8Array | null {
    const { metainfo, data, announcer } = this.#torrent;
    if (metainfo === null) return null;
    const pieceLayers = data.content?.layers ?? metainfo.pieceLayers;
    return encodeMetainfo({ ...metainfo, pieceLayers, trackers: announcer.trackers.tiers });
  }

  magnetLink(): string {
    const { metainfo, infoHashes, name, announcer } = this.#torrent;
    const trackers = announcer.trackers.tiers;
    if (metainfo === null) return encodeMagnet({ infoHashes, name, trackers: trackers.flat() });
    return encodeMagnet(magnetOf({ ...metainfo, trackers }));
  }

  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void {
    this.#torrent.setLimits(limits);
  }

  setMaxConnections(maxConnections: number | null): void {
    this.#torrent.setLimits({ maxConnections });
  }

  setBandwidthPriority(priority: BandwidthPriority): void {
    this.#torrent.setLimits({ priority });
  }

  setIgnoresSessionLimits(ignoresSession: boolean): void {
    this.#torrent.setLimits({ ignoresSession });
  }

  trackers(): TrackerStatus[] {
    const { announcer } = this.#torrent;
    return announcer.trackers.status(announcer.status());
  }

  setTrackers(tiers: TrackerTiers): void {
    this.#torrent.announcer.setTrackers(tiers);
  }

  reannounce(): boolean {
    return this.#torrent.announcer.reannounce();
  }

  pause(): Promise<void> {
    return this.#torrent.life.pause();
  }

  async resume(): Promise<void> {
    if (this.#torrent.state.kind !== 'closed') this.#torrent.life.start();
  }

  start(): Promise<void> {
    return this.resume();
  }

  async recheck(options: Waiting = {}): Promise<void> {
    await this.#torrent.life.recheck();
    await this.ready(options);
  }

  checkFolder(): Promise<void> {
    return this.#torrent.life.checkFolder();
  }

  remove(options: RemoveOptions = {}): Promise<SharedFiles | null> {
    return this.#remove(options);
  }

  /** Waits for a state; a failed or closed torrent rejects. */
  #until(isReached: () => boolean, { signal }: Waiting): Promise<void> {
    const { promise, resolve: done, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      const { state } = this.#torrent;
      if (isReached()) done();
      else if (state.kind === 'failed') reject(state.error);
      else if (state.kind === 'closed') reject(engineError('ENGINE_CLOSED', 'the torrent was closed'));
      else if (signal?.aborted === true) reject(signal.reason as Error);
    };
    const subscriptions = [this.on('state', look), this.on('metadata', look)];
    signal?.addEventListener('abort', look, { once: true });
    look();
    return promise.finally(() => {
      signal?.removeEventListener('abort', look);
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
    });
  }
}
