/**
 * One torrent: the wiring of the parts that own its state. `Lifecycle` says when they work, `Swarm` has the peers,
 * `Download` the pieces in progress, `TorrentData` the data, `Relocation` moves it, `FileReaders` has who reads it,
 * `Announcer` the sources.
 */
import type { PeerAddress } from '../../base/address.ts';
import { Events } from '../../base/events.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { InfoHashes, Metainfo } from '../../codec/metainfo/index.ts';
import type { SwarmProgress } from '../../discovery/index.ts';
import type { SwarmSecret } from '../../net/index.ts';
import type { PiecePicker } from '../picker/piece-picker.ts';
import type { TorrentOptions } from '../session/options.ts';
import { Announcer } from './announcer.ts';
import type { OpenContent } from './content.ts';
import { DownloadPhase } from './download-phase.ts';
import type { FilesPlace } from './file-places.ts';
import { FileReaders } from './file-readers.ts';
import { Lifecycle } from './lifecycle.ts';
import { Relocation } from './relocation.ts';
import { SeedGoal } from './seed-goal.ts';
import type { FileStatus, PeerStatus, PieceMap, TorrentEvents, TorrentState, TorrentStatus } from './status.ts';
import { fileStatuses, peerStatus, pieceMap, torrentStatus } from './status-snapshot.ts';
import type { PeerSource } from './peer-pool.ts';
import { Swarm } from './swarm.ts';
import { TorrentData } from './torrent-data.ts';
import { isNamedBy, type TorrentIdentity, withMetadata } from './torrent-identity.ts';
import { type LimitChanges, TorrentLimits } from './torrent-limits.ts';
import type { TorrentServices } from './torrent-services.ts';
import { TorrentStats } from './torrent-stats.ts';
import { Wishes } from './wishes.ts';

/** What it tells its session. */
export interface TorrentOwner {
  /** The metadata names further info hashes (a hybrid known by one of its two); throws when another torrent has one. */
  hashesKnown(torrent: Torrent, infoHashes: InfoHashes): void;
  /** It is known what is there of its data, and it is about to write; throws when it must not. */
  writes(torrent: Torrent): void;
  /** Nothing is there of it, and what lies in its place is another's: none of that is to be touched. */
  hasOnlyFilesOfOthers(torrent: Torrent): boolean;
  /** Its files are about to be moved or renamed; throws when they must not. */
  moves(torrent: Torrent, place: Partial<FilesPlace>): void;
  /** Another has files, or may have, where this one says that its renamed files lie. */
  areOwnPathsTaken(torrent: Torrent): boolean;
}

/** Peers that a torrent asks its trackers for while it has fewer. */
const PEERS_WANTED = 50;

export class Torrent {
  readonly events: Events<TorrentEvents>;
  readonly limits: TorrentLimits;
  readonly announcer: Announcer;
  readonly data: TorrentData;
  readonly life: Lifecycle;
  readonly #options: TorrentOptions;
  readonly #services: TorrentServices;
  readonly #owner: TorrentOwner;
  readonly #stats: TorrentStats;
  readonly #goal: SeedGoal;
  #identity: TorrentIdentity;
  #isSuperSeeding: boolean;
  // Made when first needed: thousands of torrents may have all their data and wait for the first peer.
  #swarm: Swarm | null = null;
  #download: DownloadPhase | null = null;
  #readers: FileReaders | null = null;
  #relocation: Relocation | null = null;
  #wishes: Wishes | null = null;

  constructor(identity: TorrentIdentity, options: TorrentOptions, services: TorrentServices, owner: TorrentOwner) {
    const now = services.clock.now();
    this.#identity = identity;
    this.#options = options;
    this.#services = services;
    this.#owner = owner;
    this.#stats = new TorrentStats(now, services.stats);
    this.#goal = new SeedGoal(options);
    this.#isSuperSeeding = options.isSuperSeeding === true;
    this.announcer = new Announcer(
      services,
      { trackers: identity.trackers, peers: options.peers ?? [] },
      {
        progress: () => this.#progress(),
        found: (peers, source) => this.addPeers(peers, source),
      },
    );
    this.data = new TorrentData(options, services, {
      checking: (done, total) => this.life.set({ kind: 'checking', done, total }),
      notFlushed: (error) => this.life.fail(error),
      areOwnPathsTaken: () => owner.areOwnPathsTaken(this),
    });
    if (identity.metainfo !== null) this.data.describe(identity.metainfo);
    this.life = new Lifecycle(this.data, options.isPaused === true, {
      stateChanged: (state) => {
        this.events.emit('state', state);
        this.#readers?.changed();
      },
      seekMetadata: () => {
        this.announcer.start(this.#identity);
        services.wake();
      },
      writes: () => owner.writes(this),
      work: (content) => this.#begin(content),
      rest: (state) => this.#rest(state),
    });
    this.events = new Events(services.listenerFailed);
    this.limits = new TorrentLimits(options, services);
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
    return this.life.state;
  }

  /** Peers are welcome. */
  get isOpen(): boolean {
    return this.life.isOpen;
  }

  /** Its peers at work; made when first needed. */
  get swarm(): Swarm {
    this.#swarm ??= new Swarm(
      {
        content: () => this.data.content,
        download: () => this.#download?.current ?? null,
        isOpen: () => this.isOpen,
        stats: this.#stats,
        limits: this.limits,
        isSuperSeeding: this.#isSuperSeeding,
        metadataReceived: (raw) => this.#metadataReceived(raw),
        storageFailed: (error) => this.life.fail(error),
        peerConnected: ({ address, connection }) =>
          this.events.emit('peerConnected', { address, identity: connection.provenIdentity ?? null }),
        peerDisconnected: (peer, reason) => this.events.emit('peerDisconnected', { address: peer.address, reason }),
      },
      this.#services,
    );
    return this.#swarm;
  }

  get wishes(): Wishes {
    this.#wishes ??= new Wishes(this.#options, this.data, {
      picker: () => this.#picker,
      mayWrite: () => this.life.mayWrite(),
      selectionChanged: () => this.#selectionChanged(),
      orderChanged: () => this.#swarm?.wishesChanged(),
    });
    return this.#wishes;
  }

  /** Who reads its files. */
  get readers(): FileReaders {
    this.#readers ??= new FileReaders(this.#services, {
      picker: () => this.#picker,
      content: () => this.data.content,
      file: (index) => this.data.file(index),
      isRunning: () => this.life.isRunning,
      needsChanged: (isAtOnce) => (isAtOnce ? this.#swarm?.hurry() : this.#swarm?.wishesChanged()),
      failed: (error, content) => this.life.contentFailed(content, error),
    });
    return this.#readers;
  }

  /** Who moves and renames its files. */
  get relocation(): Relocation {
    this.#relocation ??= new Relocation(this.data, this.life, {
      hasOnlyFilesOfOthers: () => this.#owner.hasOnlyFilesOfOthers(this),
      moves: (place) => this.#owner.moves(this, place),
    });
    return this.#relocation;
  }

  /** False while no peer was ever seen. */
  get hasSwarm(): boolean {
    return this.#swarm !== null;
  }

  /** It has work to do at each tick of the session. */
  get isActive(): boolean {
    if (!this.isOpen) return false;
    const isSleeping = this.state.kind === 'seeding' && !this.#stats.isMoving && !this.#goal.isAhead;
    return !isSleeping || (this.#swarm?.pool.busyCount ?? 0) > 0;
  }

  /** How many more connections it would like. */
  get wantsPeers(): number {
    if (!this.isOpen) return 0;
    return this.limits.maxConnections - (this.#swarm?.pool.busyCount ?? 0);
  }

  /** The next address to dial, marked as being dialed; null when there is none now. */
  nextToDial(now: Millis): PeerAddress | null {
    return this.wantsPeers > 0 ? (this.#swarm?.nextToDial(now) ?? null) : null;
  }

  /** When there will be one; Infinity: not before it learns of others. */
  get nextDialAt(): Millis {
    return (this.wantsPeers > 0 ? this.#swarm?.nextDialAt : undefined) ?? Number.POSITIVE_INFINITY;
  }

  addPeers(addresses: readonly PeerAddress[], source: PeerSource = 'user'): void {
    if (addresses.length === 0) return;
    if (this.swarm.pool.learn(addresses, source, this.#services.clock.now()) > 0) this.#services.wake();
  }

  setLimits(limits: LimitChanges): void {
    this.limits.change(limits, this.#services.clock.now());
    this.#swarm?.limitsChanged();
    this.#services.wake();
  }

  /** To be the only seed of new data (BEP 16); in effect while it has everything and no other seed was seen. */
  setSuperSeeding(isSuperSeeding: boolean): void {
    this.#isSuperSeeding = isSuperSeeding;
    this.#swarm?.superSeeding.set(isSuperSeeding);
  }

  /** About once a second while active. */
  tick(now: Millis): void {
    this.#stats.tick(now);
    this.swarm.tick(now);
    if (this.state.kind !== 'seeding') {
      if (this.swarm.pool.busyCount === 0) this.announcer.askForPeers(now);
      return;
    }
    const size = this.#identity.metainfo?.info.totalSize ?? 0;
    if (!this.#goal.reach(now, this.#uploaded, size)) return;
    this.events.emit('seedGoalReached', { uploaded: this.#uploaded });
    void this.life.pause();
  }

  status(): TorrentStatus {
    return torrentStatus({
      state: this.state,
      name: this.#identity.name,
      totalSize: this.#identity.metainfo?.info.totalSize ?? null,
      content: this.data.content,
      picker: this.#picker,
      stats: this.#stats,
      uploaded: this.#uploaded,
      pool: this.#swarm?.pool ?? null,
      isSuperSeeding: this.#swarm?.superSeeding.isActive ?? false,
      sources: this.announcer.status(),
    });
  }

  files(): FileStatus[] {
    return fileStatuses(this.metainfo?.info ?? null, this.data, this.#picker);
  }

  /** Null until the data was looked at. */
  pieces(): PieceMap | null {
    return pieceMap(this.data.content, this.#picker, this.#swarm?.pool ?? null);
  }

  peers(): PeerStatus[] {
    const { pool } = this.#swarm ?? {};
    return pool === undefined ? [] : Array.from(pool.sessions, (peer) => peerStatus(peer, pool.sourceOf(peer)));
  }

  // ---- inside

  get #phase(): DownloadPhase {
    this.#download ??= new DownloadPhase({
      services: this.#services,
      stats: this.#stats,
      events: this.events,
      wishes: this.wishes,
      swarm: () => this.swarm,
      stored: () => {
        this.data.pieceStored();
        this.#readers?.changed();
      },
      finished: () => this.#finished(),
      failed: (error) => this.life.fail(error),
    });
    return this.#download;
  }

  /** Null while nothing is downloaded. */
  get #picker(): PiecePicker | null {
    return this.#download?.picker ?? null;
  }

  /** What has left: of what is in memory still nothing arrives when the connections are closed now. */
  get #uploaded(): ByteCount {
    return this.#stats.upload.total - (this.#swarm?.unsent ?? 0);
  }

  /** The data is known: download what is missing, or seed. */
  #begin(content: OpenContent): void {
    this.#beginDownload(content);
    const isSeed = this.#picker === null;
    this.life.set({ kind: isSeed ? 'seeding' : 'downloading' });
    this.announcer.start(this.#identity);
    this.#swarm?.contentKnown();
    if (isSeed) this.events.emit('complete', { downloaded: this.#stats.download.total });
    // A seed that knows no peers has nothing to do yet.
    if (this.isActive || this.#swarm !== null) this.#services.wake();
  }

  #beginDownload(content: OpenContent): void {
    if (this.#options.isSeedOnly === true || content.have.isComplete) return;
    this.#phase.begin(content);
    this.#readers?.plan();
  }

  /** Nothing wanted is missing any more. */
  #finished(): void {
    this.life.set({ kind: 'seeding' });
    this.announcer.announce(this.data.content?.have.isComplete === true ? 'completed' : 'update');
    this.#swarm?.finished();
    this.events.emit('complete', { downloaded: this.#stats.download.total });
    this.data.completed();
  }

  #selectionChanged(): void {
    const { content } = this.data;
    if (!this.isOpen || content === null) return;
    this.#readers?.changed();
    if (this.#picker !== null) this.#phase.selectionChanged();
    else {
      this.#beginDownload(content);
      if (this.#picker === null) return;
      this.life.set({ kind: 'downloading' });
      this.#swarm?.pool.wantsSeeds();
      this.#swarm?.contentKnown();
    }
    this.#services.wake();
  }

  #progress(): SwarmProgress {
    const { content } = this.data;
    const isDone = this.#picker === null && content !== null;
    let left: ByteCount | null = null;
    if (content !== null) left = content.selection.missing(content.have);
    return {
      uploaded: this.#uploaded,
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
      void this.announcer.stop();
      this.data.describe(known.metainfo);
      this.life.metadataFound();
      this.events.emit('metadata', known.metainfo);
    } catch (error) {
      this.life.fail(error);
    }
    return true;
  }

  /** Everything that works ends at once; goodbyes follow. */
  async #rest(state: TorrentState): Promise<void> {
    this.#download?.end();
    this.#swarm?.pool.closeAll(state.kind);
    this.#stats.rest(this.#services.clock.now());
    await this.announcer.stop();
  }
}
