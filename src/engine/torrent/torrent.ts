/**
 * One torrent: its life from source to seed, and the wiring of the parts that own its state. `Swarm` has the peers,
 * `Download` the pieces in progress, `TorrentData` the data, `Announcer` the sources; the torrent says when each works.
 */
import type { PeerAddress } from '../../base/address.ts';
import { DstError, messageOf } from '../../base/errors.ts';
import { Events } from '../../base/events.ts';
import type { ByteCount, BytesPerSecond, FileIndex, Millis } from '../../base/units.ts';
import type { InfoHashes, Metainfo } from '../../codec/metainfo/index.ts';
import type { SwarmProgress } from '../../discovery/index.ts';
import type { SwarmSecret } from '../../net/index.ts';
import { engineError } from '../errors.ts';
import type { TorrentOptions } from '../session/options.ts';
import { Announcer } from './announcer.ts';
import type { OpenContent } from './content.ts';
import { Download } from './download.ts';
import { SeedGoal } from './seed-goal.ts';
import type { FileStatus, PeerStatus, TorrentEvents, TorrentState, TorrentStatus } from './status.ts';
import { fileStatuses, peerStatus, torrentStatus } from './status-snapshot.ts';
import { Swarm } from './swarm.ts';
import { TorrentData } from './torrent-data.ts';
import { isNamedBy, type TorrentIdentity, withMetadata } from './torrent-identity.ts';
import type { TorrentServices } from './torrent-services.ts';
import { TorrentStats } from './torrent-stats.ts';
import { TransferLimits } from './transfer-limits.ts';

/** What it tells its session. */
export interface TorrentOwner {
  /** The metadata names further info hashes (a hybrid known by one of its two); throws when another torrent has one. */
  hashesKnown(torrent: Torrent, infoHashes: InfoHashes): void;
}

/** Peers that a torrent asks its trackers for while it has fewer. */
const PEERS_WANTED = 50;

export class Torrent {
  readonly events: Events<TorrentEvents>;
  readonly limits: TransferLimits;
  readonly #options: TorrentOptions;
  readonly #services: TorrentServices;
  readonly #owner: TorrentOwner;
  readonly #stats: TorrentStats;
  readonly #announcer: Announcer;
  readonly #data: TorrentData;
  readonly #goal: SeedGoal;
  #identity: TorrentIdentity;
  #state: TorrentState;
  #download: Download | null = null;
  /** Aborted when the torrent is paused, fails or closes: what was awaited meanwhile is void. Null while it rests. */
  #run: AbortController | null = null;
  /** Made for the first peer: thousands of torrents may wait for one. */
  #swarm: Swarm | null = null;
  #isSequential: boolean;

  constructor(identity: TorrentIdentity, options: TorrentOptions, services: TorrentServices, owner: TorrentOwner) {
    const now = services.clock.now();
    this.#identity = identity;
    this.#options = options;
    this.#services = services;
    this.#owner = owner;
    this.#isSequential = options.isSequential === true;
    this.#stats = new TorrentStats(now);
    this.#goal = new SeedGoal(options);
    this.#announcer = new Announcer(services, options.peers ?? [], {
      progress: () => this.#progress(),
      found: (peers) => this.addPeers(peers),
    });
    this.#data = new TorrentData(options, services, {
      checking: (done, total) => this.#setState({ kind: 'checking', done, total }),
      notFlushed: (error) => this.#fail(error),
    });
    this.#state = identity.metainfo === null ? { kind: 'fetching-metadata' } : { kind: 'checking', done: 0, total: 0 };
    this.events = new Events((error, event) => {
      services.logger.error('a listener failed', { event, error: messageOf(error) });
    });
    const { downloadLimit = 0, uploadLimit = 0 } = options;
    this.limits = new TransferLimits({ download: downloadLimit, upload: uploadLimit }, now, services.limits);
  }

  get name(): string {
    return this.#identity.name;
  }

  get infoHashes(): InfoHashes {
    return this.#identity.infoHashes;
  }

  get metainfo(): Metainfo | null {
    return this.#identity.metainfo;
  }

  /** Of a sealed torrent. */
  get secret(): SwarmSecret | null {
    const seal = this.metainfo?.info.seal ?? null;
    return seal && { psk: seal.peerSecret, transport: seal.transport };
  }

  /** Fingerprints of those with whom it is exchanged; null: with all. */
  get onlyWith(): readonly string[] | null {
    return this.#options.onlyWith ?? null;
  }

  get state(): TorrentState {
    return this.#state;
  }

  /** Peers are welcome. */
  get isOpen(): boolean {
    return ['fetching-metadata', 'downloading', 'seeding'].includes(this.#state.kind);
  }

  /** Its peers at work; made when first needed. */
  get swarm(): Swarm {
    this.#swarm ??= new Swarm(
      {
        content: () => this.#data.content,
        download: () => this.#download,
        isOpen: () => this.isOpen,
        stats: this.#stats,
        limits: this.limits,
        metadataReceived: (raw) => this.#metadataReceived(raw),
        storageFailed: (error) => this.#fail(error),
        peerConnected: ({ address, connection }) =>
          this.events.emit('peerConnected', { address, identity: connection.provenIdentity ?? null }),
        peerDisconnected: (peer, reason) => this.events.emit('peerDisconnected', { address: peer.address, reason }),
      },
      this.#services,
    );
    return this.#swarm;
  }

  /** It has work to do at each tick of the session. */
  get isActive(): boolean {
    return (
      this.isOpen && (this.#state.kind !== 'seeding' || (this.#swarm?.pool.busyCount ?? 0) > 0 || this.#goal.isAhead)
    );
  }

  /** How many more connections it would like. */
  get wantsPeers(): number {
    if (!this.isOpen) return 0;
    return this.#services.options.maxConnectionsPerTorrent - (this.#swarm?.pool.busyCount ?? 0);
  }

  /** The next address to dial, marked as being dialed; null when there is none now. */
  nextToDial(now: Millis): PeerAddress | null {
    return this.wantsPeers > 0 ? (this.#swarm?.nextToDial(now) ?? null) : null;
  }

  /** Begins, or begins again after a pause or a failure; changes nothing while it runs. */
  start(): void {
    if (this.#state.kind === 'closed') throw engineError('ENGINE_CLOSED', `${this.#identity.name} has been removed`);
    if (this.#run !== null) return;
    this.#run = new AbortController();
    const { metainfo } = this.#identity;
    if (metainfo !== null) {
      void this.#open(metainfo);
      return;
    }
    this.#setState({ kind: 'fetching-metadata' });
    this.#announcer.start(this.#identity);
    this.#services.wake();
  }

  addPeers(addresses: readonly PeerAddress[]): void {
    if (addresses.length > 0 && this.swarm.pool.learn(addresses, this.#services.clock.now()) > 0) this.#services.wake();
  }

  async select(files: readonly FileIndex[]): Promise<void> {
    const { selection } = await this.#data.opened(files);
    selection.select(files);
    await this.#selectionChanged();
  }

  async setPriority(file: FileIndex, priority: number): Promise<void> {
    const { selection } = await this.#data.opened([file]);
    selection.setPriority(file, priority);
    await this.#selectionChanged();
  }

  setSequential(isSequential: boolean): void {
    this.#isSequential = isSequential;
    this.#download?.picker.setMode(isSequential ? 'sequential' : 'rarest-first');
  }

  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void {
    this.limits.set(limits, this.#services.clock.now());
    this.#services.wake();
  }

  async pause(): Promise<void> {
    if (this.#state.kind === 'paused' || this.#state.kind === 'closed') return;
    await this.#halt({ kind: 'paused' });
  }

  /** Hashes all data that is there, then goes on. */
  async recheck(): Promise<void> {
    this.#data.forceCheck();
    await this.#halt({ kind: 'paused' });
    this.start();
  }

  /** Ends for good. With `deleteData` its files go as well. */
  async close(options: { deleteData?: boolean } = {}): Promise<void> {
    if (this.#state.kind === 'closed') return;
    await this.#halt({ kind: 'closed' });
    await this.#data.close(options);
  }

  /** About once a second while active. */
  tick(now: Millis): void {
    this.#stats.tick(now);
    this.swarm.tick(now);
    if (this.#state.kind !== 'seeding') {
      if (this.swarm.pool.busyCount === 0) this.#announcer.askForPeers(now);
      return;
    }
    const size = this.#identity.metainfo?.info.totalSize ?? 0;
    if (!this.#goal.reach(now, this.#stats.upload.total, size)) return;
    this.events.emit('seedGoalReached', { uploaded: this.#stats.upload.total });
    void this.pause();
  }

  status(): TorrentStatus {
    return torrentStatus({
      state: this.#state,
      name: this.#identity.name,
      totalSize: this.#identity.metainfo?.info.totalSize ?? null,
      content: this.#data.content,
      picker: this.#download?.picker ?? null,
      stats: this.#stats,
      pool: this.#swarm?.pool ?? null,
      sources: this.#announcer.status(),
    });
  }

  files(): FileStatus[] {
    return fileStatuses(this.#identity.metainfo?.info.files ?? [], this.#data.content);
  }

  peers(): PeerStatus[] {
    return Array.from(this.#swarm?.pool.sessions ?? [], peerStatus);
  }

  // ---- inside

  #setState(state: TorrentState): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    this.events.emit('state', state);
  }

  /** From the metadata to downloading or seeding. */
  async #open(metainfo: Metainfo): Promise<void> {
    const signal = this.#run?.signal;
    if (signal === undefined) return;
    try {
      const content = await this.#data.open(metainfo, signal);
      if (!signal.aborted) this.#begin(content);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** The data is known: download what is missing, or seed. */
  #begin(content: OpenContent): void {
    if (this.#options.isSeedOnly !== true && !content.have.isComplete) this.#beginDownload(content);
    this.#setState({ kind: this.#download === null ? 'seeding' : 'downloading' });
    this.#announcer.start(this.#identity);
    this.#swarm?.contentKnown();
    if (this.#download === null) this.events.emit('complete', { downloaded: this.#stats.download.total });
    // A seed that knows no peers has nothing to do yet.
    if (this.isActive || this.#swarm !== null) this.#services.wake();
  }

  #beginDownload(content: OpenContent): void {
    const download = new Download(
      content,
      {
        now: () => this.#services.clock.now(),
        peer: (id) => this.swarm.pool.session(id),
        pieceStored: (piece) => {
          this.#data.pieceStored();
          this.swarm.spreadHave(piece);
          this.events.emit('piece', piece);
          if (this.#download?.picker.isFinished === true) this.#finish();
        },
        pieceFailed: (piece, size) => {
          this.#stats.discarded(size);
          this.events.emit('hashFailed', { piece });
          this.swarm.hashExchange.fetchLeaves(piece);
          this.swarm.wishesChanged();
        },
        guilty: (piece, peers) => {
          const addresses = this.swarm.ban(peers);
          if (addresses.length > 0) this.events.emit('banned', { addresses, reason: `bad data in piece ${piece}` });
        },
        discarded: (bytes) => this.#stats.discarded(bytes),
        storedLate: (piece) => {
          if (this.#download === null) content.have.add(piece);
          else this.#download.adopt(piece);
        },
        failed: (error) => this.#fail(error),
      },
      { digests: this.#services.digests, random: this.#services.random, memory: this.#services.pieceMemory },
    );
    content.selection.applyTo(download.picker);
    if (this.#isSequential) download.picker.setMode('sequential');
    if (download.picker.isFinished) download.close();
    else this.#download = download;
  }

  /** Nothing wanted is missing any more. */
  #finish(): void {
    const { content } = this.#data;
    if (content === null || this.#download === null) return;
    this.#download.close();
    this.#download = null;
    this.#setState({ kind: 'seeding' });
    this.#announcer.announce(content.have.isComplete ? 'completed' : 'update');
    this.#swarm?.finished();
    this.events.emit('complete', { downloaded: this.#stats.download.total });
    this.#data.completed();
  }

  async #selectionChanged(): Promise<void> {
    const { content } = this.#data;
    if (content === null) return;
    await content.storage.select(content.selection.files);
    if (!this.isOpen) return;
    if (this.#download === null && !content.have.isComplete && this.#options.isSeedOnly !== true) {
      this.#beginDownload(content);
      if (this.#download === null) return;
      this.#setState({ kind: 'downloading' });
      this.#swarm?.contentKnown();
    } else if (this.#download !== null) {
      content.selection.applyTo(this.#download.picker);
      this.#download.dropUnwanted();
      if (this.#download.picker.isFinished) this.#finish();
      else this.#swarm?.wishesChanged();
    }
    this.#services.wake();
  }

  #progress(): SwarmProgress {
    const { content } = this.#data;
    const isDone = this.#download === null && content !== null;
    let left: ByteCount | null = null;
    if (content !== null) left = content.selection.missing(content.have);
    return {
      uploaded: this.#stats.upload.total,
      downloaded: this.#stats.download.total - this.#stats.wasted,
      left,
      isPartialSeed: isDone && left !== 0,
      wanted: this.isOpen ? Math.max(0, Math.min(PEERS_WANTED, this.wantsPeers)) : 0,
    };
  }

  /** The info dictionary from peers. */
  #metadataReceived(raw: Uint8Array): boolean {
    if (!isNamedBy(this.#identity.infoHashes, raw, this.#services.digests)) return false;
    if (this.#identity.metainfo !== null) return true;
    try {
      const known = withMetadata(this.#identity, raw, this.#services.digests);
      this.#owner.hashesKnown(this, known.infoHashes);
      this.#identity = known;
      // The announces so far named one swarm and no size: begin anew with what is known now.
      void this.#announcer.stop();
      this.#setState({ kind: 'checking', done: 0, total: 0 });
      void this.#open(known.metainfo);
      this.events.emit('metadata', known.metainfo);
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  #fail(error: unknown): void {
    if (this.#state.kind === 'failed' || this.#state.kind === 'closed') return;
    const failure =
      error instanceof DstError
        ? error
        : engineError('ENGINE_STORAGE_FAILED', `the data could not be read or written: ${messageOf(error)}`, {
            cause: error,
          });
    this.#services.logger.error('torrent failed', { name: this.#identity.name, code: failure.code });
    void this.#halt({ kind: 'failed', error: failure });
  }

  /** Stops everything that runs. State and parts change at once; goodbyes and flushing follow. */
  async #halt(state: TorrentState): Promise<void> {
    this.#run?.abort();
    this.#run = null;
    this.#setState(state);
    this.#download?.close();
    this.#download = null;
    this.#swarm?.pool.closeAll(state.kind);
    await this.#announcer.stop();
    if (state.kind !== 'closed') await this.#data.tryFlush();
  }
}
