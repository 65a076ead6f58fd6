/**
 * The engine session: all torrents over one set of listeners, connections, limits and services. It knows which torrent
 * has which name, and gives everybody the time of day.
 */
import type { PeerAddress } from '../../base/address.ts';
import { toBinary } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import type { Digests } from '../../base/digests.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';
import { type InfoHashes, swarmHashes } from '../../codec/metainfo/index.ts';
import { createPeerId } from '../../codec/wire/index.ts';
import type { Discovery } from '../../discovery/index.ts';
import { type Connection, type Listener, type ServedSwarms, type Transport, withAnyPort } from '../../net/index.ts';
import { FilterInForce, type HostFilter } from '../../net/ip-filter/index.ts';
import type { BufferPool, StorageFactory } from '../../storage/index.ts';
import { engineError } from '../errors.ts';
import { PieceMemory } from '../torrent/piece-memory.ts';
import type { RemoveOptions } from '../torrent/torrent-data.ts';
import { Torrent, type TorrentOwner } from '../torrent/torrent.ts';
import type { TorrentIdentity } from '../torrent/torrent-identity.ts';
import type { TorrentServices } from '../torrent/torrent-services.ts';
import { TorrentStats } from '../torrent/torrent-stats.ts';
import { TransferLimits } from '../torrent/transfer-limits.ts';
import { UploadMemory } from '../torrent/upload-memory.ts';
import { Connections } from './connections.ts';
import type { EngineOptions, TorrentOptions } from './options.ts';
import {
  areOwnPathsTaken,
  hasOnlyFilesOfOthers,
  refuseTakenFiles,
  refuseTakenPlace,
  type SharedFiles,
  sharedFiles,
} from './taken-files.ts';

export interface EngineDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly digests: Digests;
  readonly logger: Logger;
  readonly transport: Transport;
  readonly storage: StorageFactory;
  /** Memory of piece data; so much of it may be pieces in progress, and outgoing blocks. */
  readonly pool: BufferPool;
  readonly pieceBudget: ByteCount;
  readonly uploadBudget: ByteCount;
  readonly discoveries: readonly Discovery[];
  /** Whom to keep out, where the transport looks at it as well. */
  readonly filter?: FilterInForce;
  /** Whether a peer whose address somebody names may be dialled; default: any. Who dials us is not asked for. */
  readonly mayDial?: (host: string) => boolean;
}

/** Figures of the run: torrents that have been removed are in them. */
export interface SessionStats {
  /** Payload. */
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  /** Open ones, also those of which nothing is known yet. */
  readonly connections: number;
  /** Somebody who speaks the protocol has connected to us. */
  readonly hasIncoming: boolean;
}

/** Limits that can be changed while the session runs. */
export type SessionChanges = Partial<
  Pick<EngineOptions, 'maxConnections' | 'maxConnectionsPerTorrent' | 'uploadSlots'>
>;

/** Torrents that open or check their data at the same time. */
const MOST_OPENING = 4;
/** Between two looks at all active torrents, ms. */
const TICK: Millis = 1000;
/** The same while rates are limited: how finely transfers are metered. */
const LIMITED_TICK: Millis = 100;

const duplicate = ({ name }: Torrent): Error => engineError('ENGINE_DUPLICATE', `${name} is already in this session`);
const noPeerIdentities = ({ name }: Torrent): Error =>
  engineError('ENGINE_NO_PEER_IDENTITIES', `peers of ${name} cannot prove who they are`);

export class EngineSession {
  /** Torrents and connections look at these very values. */
  readonly #options: Mutable<EngineOptions>;
  readonly #deps: EngineDeps;
  readonly #services: TorrentServices;
  readonly #connections: Connections;
  readonly #filter: FilterInForce;
  readonly #stats: TorrentStats;
  readonly #limits: TransferLimits;
  readonly #torrents = new Set<Torrent>();
  /** Binary 20-byte info hash → torrent; a hybrid stands under both of its names. */
  readonly #bySwarm = new Map<string, Torrent>();
  /** What listeners are told of our torrents. */
  readonly #served: ServedSwarms & { revision: number } = {
    revision: 0,
    infoHashes: () => [...this.#torrents].flatMap(({ infoHashes }) => swarmHashes(infoHashes)),
    secretOf: (infoHash) => this.#bySwarm.get(toBinary(infoHash))?.secret ?? null,
  };
  /** One for all torrents. */
  readonly #owner: TorrentOwner = {
    hashesKnown: (torrent, hashes) => this.#register(torrent, hashes),
    writes: (torrent) => refuseTakenFiles(torrent, this.#torrents),
    hasOnlyFilesOfOthers: (torrent) => hasOnlyFilesOfOthers(torrent, this.#torrents),
    moves: (torrent, place) => refuseTakenPlace(torrent, this.#torrents, place),
    areOwnPathsTaken: (torrent) => areOwnPathsTaken(torrent, this.#torrents),
  };
  #listeners: Listener[] = [];
  #timer: Disposable | null = null;
  #nextTick: Millis = 0;
  #isClosed = false;

  constructor(options: EngineOptions, deps: EngineDeps) {
    this.#options = { ...options };
    this.#deps = deps;
    const { clock, random, digests, logger, transport, storage, discoveries, filter = new FilterInForce() } = deps;
    const rates = { download: options.downloadLimit, upload: options.uploadLimit };
    this.#filter = filter;
    this.#limits = new TransferLimits(rates, clock.now(), null);
    this.#stats = new TorrentStats(clock.now(), null);
    this.#services = {
      clock,
      random,
      digests,
      logger,
      storage,
      discoveries,
      options: this.#options,
      filter,
      mayDial: deps.mayDial ?? (() => true),
      stats: this.#stats,
      pieceMemory: new PieceMemory(deps.pool, deps.pieceBudget),
      uploadMemory: new UploadMemory(deps.pool, deps.uploadBudget),
      limits: this.#limits,
      opening: new ConcurrencyLimit(MOST_OPENING),
      peerId: createPeerId(random),
      port: () => this.#listeners[0]?.address.port ?? 0,
      listenerFailed: (error, event) => logger.error('a listener failed', { event, error: messageOf(error) }),
      wake: () => this.#wake(),
    };
    this.#connections = new Connections({
      clock,
      logger,
      transport,
      filter,
      options: this.#options,
      peerId: this.#services.peerId,
      torrents: () => this.#torrents,
      torrentOf: (infoHash) => this.#bySwarm.get(toBinary(infoHash)),
    });
  }

  /** Addresses on which peers are accepted. */
  get listening(): readonly PeerAddress[] {
    return this.#listeners.map(({ address }) => address);
  }

  get torrents(): Iterable<Torrent> {
    return this.#torrents;
  }

  /** Opens the listeners. All use the port of the first, so that one announce serves both address families. */
  listen(): Promise<void> {
    return withAnyPort(this.#options.listen[0]?.port ?? 0, async () => {
      try {
        await this.#listen();
      } catch (error) {
        for (const listener of this.#listeners.splice(0)) await listener.close();
        throw error;
      }
    });
  }

  async #listen(): Promise<void> {
    for (const { host, port } of this.#options.listen) {
      const wanted = { host, port: port || this.#services.port() };
      try {
        const accept = (connection: Connection): void => this.#connections.accept(connection);
        this.#listeners.push(await this.#deps.transport.listen(wanted, accept, this.#served));
      } catch (error) {
        // A machine without IPv6 still serves IPv4; a port that another program has is for the user to know.
        if (this.#listeners.length === 0 || codeOf(error) !== 'NET_LISTEN_FAILED') throw error;
        this.#deps.logger.warn('an address cannot be listened on', { host, reason: messageOf(error) });
      }
    }
  }

  /** Adds a torrent and starts it, unless it is to be paused. Throws ENGINE_DUPLICATE, ENGINE_NO_PEER_IDENTITIES and ENGINE_CLOSED. */
  add(identity: TorrentIdentity, options: TorrentOptions): Torrent {
    if (this.#isClosed) throw engineError('ENGINE_CLOSED', 'the session is closed');
    const torrent = new Torrent(identity, options, this.#services, this.#owner);
    if (swarmHashes(identity.infoHashes).some((name) => this.#bySwarm.has(toBinary(name)))) throw duplicate(torrent);
    if (torrent.onlyWith !== null && (torrent.secret?.transport ?? 'off') === 'off') throw noPeerIdentities(torrent);
    this.#register(torrent, identity.infoHashes);
    this.#torrents.add(torrent);
    if (options.isPaused === true) void torrent.life.look();
    else torrent.life.start();
    return torrent;
  }

  /** Resolves with what stays of data that was to be deleted. */
  async remove(torrent: Torrent, options: RemoveOptions = {}): Promise<SharedFiles | null> {
    this.#torrents.delete(torrent);
    this.#served.revision++;
    for (const [name, other] of this.#bySwarm) if (other === torrent) this.#bySwarm.delete(name);
    const shared = options.deleteData === true ? sharedFiles(torrent, this.#torrents) : null;
    await torrent.life.close({ ...options, ...(shared !== null && { kept: shared.files }) });
    return shared;
  }

  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void {
    this.#limits.set(limits, this.#deps.clock.now());
    this.#wake();
  }

  /** Counts at once: what is over a lower limit ends. */
  change(changes: SessionChanges): void {
    Object.assign(this.#options, changes);
    this.#connections.limitsChanged();
    this.#wake();
  }

  /** Keeps these hosts out from now on, and no others: they are not dialled, not accepted, and disconnected. */
  setFilter(filter: HostFilter): void {
    this.#filter.current = filter;
    this.#connections.filterChanged();
  }

  stats(): SessionStats {
    const { download, upload } = this.#stats;
    return {
      downloaded: download.total,
      uploaded: upload.total,
      downloadRate: download.rate,
      uploadRate: upload.rate,
      connections: this.#connections.count,
      hasIncoming: this.#connections.hasIncoming,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    this.#connections.stopDialing();
    const listeners = this.#listeners.map((listener) => listener.close());
    this.#bySwarm.clear(); // or each of thousands that are removed looks through the names of all
    await Promise.all([...this.#torrents].map((torrent) => this.remove(torrent)));
    this.#connections.closeAll();
    await Promise.allSettled(listeners);
  }

  /**
   * Throws when another torrent that is known by one of the names has its metadata: both would write the same files.
   * One that has not, a magnet link to the same torrent, keeps its name until it finds out by itself.
   */
  #register(torrent: Torrent, hashes: InfoHashes): void {
    const names = swarmHashes(hashes).map(toBinary);
    const others = names.map((name) => this.#bySwarm.get(name)).filter((other) => other !== torrent);
    if (others.some((other) => other !== undefined && other.metainfo !== null)) throw duplicate(torrent);
    for (const name of names) if (!this.#bySwarm.has(name)) this.#bySwarm.set(name, torrent);
    this.#served.revision++;
  }

  // ---- time

  /** Something may have to be done: look at it in this turn of the loop, then at each tick. */
  #wake(): void {
    if (this.#isClosed) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#deps.clock.after(0, () => this.#tick());
  }

  #tick(): void {
    const now = this.#deps.clock.now();
    const isWhole = now >= this.#nextTick;
    if (isWhole) this.#nextTick = now + TICK;
    if (isWhole) this.#stats.tick(now);
    let isActive = this.#stats.isMoving;
    let isLimited = this.#limits.isLimited;
    for (const torrent of [...this.#torrents]) {
      if (!torrent.isActive) continue;
      isActive = true;
      if (isWhole) torrent.tick(now);
      if (torrent.limits.rates.isLimited) isLimited = true;
      torrent.swarm.limitsTick();
    }
    this.#connections.dial(now);
    this.#timer?.[Symbol.dispose]();
    const delay = isLimited ? LIMITED_TICK : Math.max(1, this.#nextTick - now);
    this.#tickAfter(isActive ? delay : this.#untilNextDial(now));
  }

  #tickAfter(delay: Millis): void {
    const isLast = this.#isClosed || delay === Number.POSITIVE_INFINITY;
    this.#timer = isLast ? null : this.#deps.clock.after(delay, () => this.#tick());
  }

  /** Nothing else is to be done: a seed may still have a peer to dial again. Infinity: none has. */
  #untilNextDial(now: Millis): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { nextDialAt } of this.#torrents) next = Math.min(next, nextDialAt);
    return Math.max(TICK, next - now);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
