/**
 * The library's session: the engine composed with real sockets, files, workers and trackers. This is the one place
 * where the parts meet; everything is chosen here and nowhere else.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { PeerAddress } from '../base/address.ts';
import { systemClock } from '../base/clock.ts';
import { ConcurrencyLimit } from '../base/concurrency-limit.ts';
import type { ListenOptions } from '../base/events.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { systemRandom } from '../base/random.ts';
import type { ByteCount, BytesPerSecond, FileIndex } from '../base/units.ts';
import type { InfoHashes, Metainfo } from '../codec/metainfo/index.ts';
import { nodeDigests } from '../crypto/digests.ts';
import { nodePrimitives } from '../crypto/native/node-primitives.ts';
import type { Discovery } from '../discovery/index.ts';
import { trackerClient } from '../discovery/tracker-client/index.ts';
import {
  defaultEngineOptions,
  engineError,
  type EngineOptions,
  EngineSession,
  type FileStatus,
  type PeerStatus,
  type Torrent,
  type TorrentEvents,
  type TorrentOptions,
  type TorrentStatus,
} from '../engine/index.ts';
import type { Transport } from '../net/index.ts';
import { mse } from '../net/mse/index.ts';
import { noise } from '../net/noise/index.ts';
import { type EncryptionPolicy, protect, type Protection, threadTime } from '../net/protection/index.ts';
import { tcpTransport } from '../net/tcp/index.ts';
import { parsePin, pinError, tlsProtection } from '../net/tls/index.ts';
import { fileStorage } from '../storage/file/index.ts';
import { BufferPool } from '../storage/index.ts';
import { peerIdentities, type UnlockedIdentity } from './keys/index.ts';
import { stateDirectory } from './paths.ts';
import { identify, type NamedTorrent } from './torrent-source.ts';

export interface SessionOptions {
  /** Port to listen on; 0 = any free one (default), null = do not listen. */
  readonly port?: number | null;
  /** Addresses to listen on and to dial from; default all (`0.0.0.0` and `::`). */
  readonly bind?: readonly string[];
  /** Default folder for downloads; default the current one. */
  readonly directory?: string;
  /** Where resume journals live; default the platform's state folder. */
  readonly stateDirectory?: string;
  readonly downloadLimit?: BytesPerSecond;
  readonly uploadLimit?: BytesPerSecond;
  readonly maxConnections?: number;
  readonly uploadSlots?: number;
  /** Memory for pieces in progress, bytes; default 24 MiB. */
  readonly bufferBudget?: ByteCount;
  /** Threads that hash and write; default one a core, at most 4. */
  readonly diskWorkers?: number;
  /**
   * Encrypted connections (Message Stream Encryption). `prefer` (default): dial so, and in plaintext whoever does not
   * know it; `required`: no plaintext, either way; `plaintext`: dial in plaintext. All but `required` take both.
   */
  readonly encryption?: EncryptionPolicy;
  /**
   * Speak only with peers that hold one of these keys, over TLS 1.3 (docs/tls.md), and of sealed torrents that ask for it
   * with their readers. `encryption` has no place beside it.
   */
  readonly tls?: {
    /** Our own private key and its certificate, PEM, without a passphrase. */
    readonly key: string;
    readonly cert: string;
    /** Fingerprints of the keys of peers, one at least: `sha256//` and base64, or hexadecimal. */
    readonly pins: readonly string[];
  };
  /**
   * Who we prove to be to the other readers of sealed torrents, over secure connections; left out, nobody is told. It is
   * to stay open for as long as the session.
   */
  readonly identity?: UnlockedIdentity;
  /** What peers are called that prove an identity: fingerprint → name; `keptNames` gives those of the key folder. */
  readonly contacts?: ReadonlyMap<string, string>;
  /** Use the torrents' trackers (default true). */
  readonly useTrackers?: boolean;
  /** Ask DNS which ports a tracker's host wants to be asked at, if any (BEP 34; default true). */
  readonly useDnsPreferences?: boolean;
  readonly logger?: Logger;
}

export type AddOptions = Partial<TorrentOptions>;

/** A torrent file's path or bytes, a decoded torrent, or a magnet link. */
export type TorrentSource = string | Uint8Array | Metainfo;

export interface SessionTorrent {
  readonly infoHashes: InfoHashes;
  /** Null until the metadata of a magnet link is there. */
  readonly metainfo: Metainfo | null;
  status(): TorrentStatus;
  files(): FileStatus[];
  peers(): PeerStatus[];
  on<K extends keyof TorrentEvents>(
    name: K,
    listener: (payload: TorrentEvents[K]) => void,
    options?: ListenOptions,
  ): Disposable;
  /** Resolves when the info dictionary is known. */
  metadata(options?: { signal?: AbortSignal }): Promise<Metainfo>;
  /** Resolves when existing data has been looked at (journal or hashes): the state is then downloading, seeding or failed. */
  ready(options?: { signal?: AbortSignal }): Promise<void>;
  /** Resolves when all wanted data is verified and written; rejects when the torrent fails or is closed. */
  completed(options?: { signal?: AbortSignal }): Promise<void>;
  addPeer(address: PeerAddress): void;
  select(files: readonly FileIndex[]): Promise<void>;
  setPriority(file: FileIndex, priority: number): Promise<void>;
  setSequential(isSequential: boolean): void;
  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Hashes all data that is there. */
  recheck(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends the torrent; its data stays unless `deleteData`. */
  remove(options?: { deleteData?: boolean }): Promise<void>;
}

export interface Session extends AsyncDisposable {
  /** Addresses on which peers are accepted. */
  readonly listening: readonly PeerAddress[];
  readonly torrents: readonly SessionTorrent[];
  /** Adds a torrent and starts it. Rejects on a bad source (METAINFO_*, MAGNET_*) or when it is already there. */
  add(source: TorrentSource, options?: AddOptions): Promise<SessionTorrent>;
  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void;
  /** Says goodbye to trackers and peers, flushes, closes. */
  close(): Promise<void>;
}

/** Torrent files that are read at the same time. */
const MOST_READING = 4;
/** Memory of outgoing blocks, bytes. */
const UPLOAD_BUDGET: ByteCount = 24 * 1024 * 1024;
const DEFAULT_PIECE_BUDGET: ByteCount = 24 * 1024 * 1024;

/** Opens a session; works with no argument. Rejects NET_PORT_IN_USE and NET_LISTEN_FAILED, and for `tls` PIN_*. */
export async function createSession(options: SessionOptions = {}): Promise<Session> {
  const logger = options.logger ?? silentLogger;
  const transport = peerTransport(options, logger);
  const pieceBudget = options.bufferBudget ?? DEFAULT_PIECE_BUDGET;
  // Pieces being hashed and written stand beside those in progress.
  const pool = new BufferPool({ budget: pieceBudget * 1.25 + UPLOAD_BUDGET });
  const storage = fileStorage(
    {
      stateDirectory: options.stateDirectory ?? stateDirectory(),
      workers: options.diskWorkers ?? Math.min(4, availableParallelism()),
    },
    { buffers: pool, logger },
  );
  const discoveries: Discovery[] = [];
  if (options.useTrackers !== false) {
    const { bind = [], useDnsPreferences = true } = options;
    discoveries.push(trackerClient({ bind, useDnsPreferences }, { clock: systemClock, random: systemRandom, logger }));
  }
  const engine = new EngineSession(engineOptions(options), {
    clock: systemClock,
    random: systemRandom,
    digests: nodeDigests,
    logger,
    transport,
    storage,
    pool,
    pieceBudget,
    uploadBudget: UPLOAD_BUDGET,
    discoveries,
  });
  storage.warm();
  try {
    await engine.listen();
  } catch (error) {
    await engine.close();
    await storage[Symbol.asyncDispose]();
    throw error;
  }
  return new ClientSession(engine, storage, resolve(options.directory ?? '.'));
}

/** TCP, protected by the policy; where keys are pinned, by these and the secrets of sealed torrents alone. */
function peerTransport(options: SessionOptions, logger: Logger): Transport {
  const { bind, encryption, tls, identity = null, contacts = new Map() } = options;
  const [localAddress] = bind ?? [];
  const tcp = tcpTransport({ logger, ...(localAddress !== undefined && { localAddress }) });
  const deps = { primitives: nodePrimitives, random: systemRandom, identities: peerIdentities(identity, contacts) };
  const common = { clock: systemClock, threadTime, logger };
  if (tls !== undefined) {
    if (encryption !== undefined) throw pinError('PIN_ENCRYPTION', 'encryption cannot be chosen where keys are pinned');
    const protections = [noise({ ...deps, membersOnly: true }), pinnedTls(tls)];
    return protect(tcp, { ...common, protections, policy: 'required' });
  }
  const policy = encryption ?? 'prefer';
  const protections = [noise(deps), mse({ policy, random: systemRandom, digests: nodeDigests })];
  return protect(tcp, { ...common, protections, policy });
}

/** Throws PIN_INVALID and PIN_CERTIFICATE. */
function pinnedTls({ key, cert, pins }: NonNullable<SessionOptions['tls']>): Protection {
  const pinned = new Set<string>();
  for (const text of pins) {
    const pin = parsePin(text);
    if (pin === null) throw pinError('PIN_INVALID', `"${text}" is no fingerprint of a key`);
    pinned.add(pin);
  }
  if (pinned.size === 0) throw pinError('PIN_INVALID', 'TLS needs the fingerprint of one peer at least');
  return tlsProtection({ key, cert, isPinned: (fingerprint) => pinned.has(fingerprint) });
}

function engineOptions(options: SessionOptions): EngineOptions {
  const { port = 0, bind = ['0.0.0.0', '::'] } = options;
  const { maxConnections, uploadSlots, downloadLimit, uploadLimit } = options;
  return {
    ...defaultEngineOptions,
    // With TLS no MSE is taken, and who is known to take Noise is dialled over TLS all the same.
    prefersEncryption: options.encryption !== 'plaintext' && options.tls === undefined,
    takesSecure: true,
    listen: port === null ? [] : bind.map((host) => ({ host, port })),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(uploadSlots !== undefined && { uploadSlots }),
    ...(downloadLimit !== undefined && { downloadLimit }),
    ...(uploadLimit !== undefined && { uploadLimit }),
  };
}

class ClientSession implements Session {
  readonly #engine: EngineSession;
  readonly #storage: AsyncDisposable;
  readonly #directory: string;
  readonly #torrents = new Set<ClientTorrent>();
  readonly #reading = new ConcurrencyLimit(MOST_READING);
  readonly #closing = new AbortController();

  constructor(engine: EngineSession, storage: AsyncDisposable, directory: string) {
    this.#engine = engine;
    this.#storage = storage;
    this.#directory = directory;
  }

  get listening(): readonly PeerAddress[] {
    return this.#engine.listening;
  }

  get torrents(): readonly SessionTorrent[] {
    return [...this.#torrents];
  }

  async add(source: TorrentSource, options: AddOptions = {}): Promise<SessionTorrent> {
    const read = (): Promise<NamedTorrent> => identify(source, nodeDigests, options.trackers ?? []);
    const { identity, peers, select } = await this.#reading.run(read, this.#closing.signal);
    const torrent = this.#engine.add(identity, {
      ...(select !== null && { select }),
      ...options,
      directory: resolve(options.directory ?? this.#directory),
      peers: [...peers, ...(options.peers ?? [])],
    });
    const handle = new ClientTorrent(torrent, (remove) => {
      this.#torrents.delete(handle);
      return this.#engine.remove(torrent, remove);
    });
    this.#torrents.add(handle);
    return handle;
  }

  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void {
    this.#engine.setLimits(limits);
  }

  async close(): Promise<void> {
    this.#closing.abort(engineError('ENGINE_CLOSED', 'the session is closed'));
    this.#torrents.clear();
    await this.#engine.close();
    await this.#storage[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type Waiting = { signal?: AbortSignal };

class ClientTorrent implements SessionTorrent {
  readonly #torrent: Torrent;
  readonly #remove: (options: { deleteData?: boolean }) => Promise<void>;

  constructor(torrent: Torrent, remove: (options: { deleteData?: boolean }) => Promise<void>) {
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

  async metadata(options: Waiting = {}): Promise<Metainfo> {
    await this.#until(() => this.#torrent.metainfo !== null, options);
    return this.#torrent.metainfo as Metainfo;
  }

  ready(options: Waiting = {}): Promise<void> {
    return this.#until(() => ['downloading', 'seeding'].includes(this.#torrent.state.kind), options);
  }

  completed(options: Waiting = {}): Promise<void> {
    return this.#until(() => this.#torrent.state.kind === 'seeding', options);
  }

  addPeer(address: PeerAddress): void {
    this.#torrent.addPeers([address]);
  }

  select(files: readonly FileIndex[]): Promise<void> {
    return this.#torrent.select(files);
  }

  setPriority(file: FileIndex, priority: number): Promise<void> {
    return this.#torrent.setPriority(file, priority);
  }

  setSequential(isSequential: boolean): void {
    this.#torrent.setSequential(isSequential);
  }

  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void {
    this.#torrent.setLimits(limits);
  }

  pause(): Promise<void> {
    return this.#torrent.pause();
  }

  async resume(): Promise<void> {
    if (['paused', 'failed'].includes(this.#torrent.state.kind)) this.#torrent.start();
  }

  async recheck(options: Waiting = {}): Promise<void> {
    await this.#torrent.recheck();
    await this.ready(options);
  }

  remove(options: { deleteData?: boolean } = {}): Promise<void> {
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
