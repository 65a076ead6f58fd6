/**
 * The library's session: the engine composed with real sockets, files, workers and trackers. This is the one place
 * where the parts meet; everything is chosen here and nowhere else.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { PeerAddress } from '../base/address.ts';
import { systemClock } from '../base/clock.ts';
import { ConcurrencyLimit } from '../base/concurrency-limit.ts';
import type { DstError } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { systemRandom } from '../base/random.ts';
import type { ByteCount, BytesPerSecond } from '../base/units.ts';
import type { Metainfo } from '../codec/metainfo/index.ts';
import { nodeDigests } from '../crypto/digests.ts';
import { nodePrimitives } from '../crypto/native/node-primitives.ts';
import type { TrackerUse } from '../discovery/index.ts';
import { nodeTrackerNetwork, type TrackerClient, trackerClient } from '../discovery/tracker-client/index.ts';
import {
  defaultEngineOptions,
  engineError,
  type EngineOptions,
  EngineSession,
  type SessionChanges,
  type SessionStats,
  type TorrentOptions,
} from '../engine/index.ts';
import { addressEgress, type Egress, familyOf, interfaceEgress } from '../net/egress/index.ts';
import type { Transport } from '../net/index.ts';
import { FilterInForce, filteredTransport, type HostFilter } from '../net/ip-filter/index.ts';
import { mse } from '../net/mse/index.ts';
import { noise } from '../net/noise/index.ts';
import { type EncryptionPolicy, protect, type Protection, threadTime } from '../net/protection/index.ts';
import { tcpTransport } from '../net/tcp/index.ts';
import { parsePin, pinError, tlsProtection } from '../net/tls/index.ts';
import { type DiskUse, fileStorage, type FileStorageFactory } from '../storage/file/index.ts';
import { BufferPool } from '../storage/index.ts';
import { peerIdentities, type UnlockedIdentity } from './keys/index.ts';
import { stateDirectory } from './paths/index.ts';
import { rememberEgress } from './session-egress.ts';
import { ClientTorrent, type SessionTorrent } from './session-torrent.ts';
import { ownNames } from './torrent-file/index.ts';
import { identify, type NamedTorrent } from './torrent-source.ts';

export interface SessionOptions {
  /** Port to listen on; 0 = any free one (default), null = do not listen. */
  readonly port?: number | null;
  /** Addresses to listen on and to dial from; default all (`0.0.0.0` and `::`). */
  readonly bind?: readonly string[];
  /**
   * Network interface, such as `wg0`, by which everything leaves or not at all: peers, trackers, look-ups of names
   * (docs/egress.md). `bind` is not used then. Linux only.
   */
  readonly interface?: string;
  /** With `interface`: name servers in place of the system's, `host` or `host:port`, which are reached by it. */
  readonly nameServers?: readonly string[];
  /** Default folder for downloads; default the current one. */
  readonly directory?: string;
  /** Where resume journals live; default the platform's state folder. */
  readonly stateDirectory?: string;
  readonly downloadLimit?: BytesPerSecond;
  readonly uploadLimit?: BytesPerSecond;
  readonly maxConnections?: number;
  readonly maxConnectionsPerTorrent?: number;
  readonly uploadSlots?: number;
  /** Memory for pieces in progress, bytes; default 24 MiB. */
  readonly bufferBudget?: ByteCount;
  /** Threads that hash and write; default one a core, at most 4. */
  readonly diskWorkers?: number;
  /**
   * Start all of these threads at once, so that the first torrent does not wait for them (default true). False: each is
   * started when there is work for it, and ends when there is none, which keeps the memory of a program small that mostly waits (14 MB a thread).
   */
  readonly warmsUp?: boolean;
  /**
   * These threads let the others of this process go first (default false; Linux): a program that is asked other things
   * answers in time while much is hashed and written.
   */
  readonly hasYieldingDisk?: boolean;
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
  /** Asked for each address that a tracker's name or redirect leads to: one that is refused is not contacted. */
  readonly mayContactTracker?: (address: string) => boolean;
  /** Asked for each address of a peer that a tracker, a magnet link or the user names: refused ones are forgotten. */
  readonly mayDial?: (host: string) => boolean;
  /** Ask DNS which ports a tracker's host wants to be asked at, if any (BEP 34; default true). */
  readonly useDnsPreferences?: boolean;
  readonly logger?: Logger;
}

export type AddOptions = Partial<TorrentOptions>;

/** A torrent file's path or bytes, a decoded torrent, or a magnet link. */
export type TorrentSource = string | Uint8Array | Metainfo;

export interface Session extends AsyncDisposable {
  /** Addresses on which peers are accepted. */
  readonly listening: readonly PeerAddress[];
  readonly torrents: readonly SessionTorrent[];
  /** What keeps everything from being sent or received, NET_INTERFACE_*; null: nothing. It heals by itself. */
  readonly problem: DstError | null;
  /** Called when `problem` may have become another one. */
  onProblem(listener: () => void): Disposable;
  /** Adds a torrent and starts it. Rejects on a bad source (METAINFO_*, MAGNET_*) or when it is already there. */
  add(source: TorrentSource, options?: AddOptions): Promise<SessionTorrent>;
  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void;
  /** Other limits: they count at once, connections that are too many end. */
  change(changes: SessionChanges): void;
  /** Keeps hosts out from now on: they are not dialled, not accepted, and disconnected. */
  setFilter(filter: HostFilter): void;
  stats(): SessionStats;
  /** What the disk threads have done in this run. */
  diskUse(): DiskUse;
  /** What became of requests to trackers in this run; null: trackers are not used. */
  trackerUse(): TrackerUse | null;
  /** Says goodbye to trackers and peers, flushes, closes. */
  close(): Promise<void>;
}

/** Torrent files that are read at the same time. */
const MOST_READING = 4;
/** Memory of outgoing blocks, bytes. */
const UPLOAD_BUDGET: ByteCount = 24 * 1024 * 1024;
const DEFAULT_PIECE_BUDGET: ByteCount = 24 * 1024 * 1024;

/**
 * Opens a session; works with no argument. Rejects NET_PORT_IN_USE, NET_LISTEN_FAILED and NET_INTERFACE_UNSUPPORTED, and
 * for `tls` PIN_*; an interface that is not there yet is a `problem` of the session.
 */
export async function createSession(options: SessionOptions = {}): Promise<Session> {
  const logger = options.logger ?? silentLogger;
  const protection = peerProtection(options, logger);
  const egress = openEgress(options, logger);
  const pieceBudget = options.bufferBudget ?? DEFAULT_PIECE_BUDGET;
  // Pieces being hashed and written stand beside those in progress.
  const pool = new BufferPool({ budget: pieceBudget * 1.25 + UPLOAD_BUDGET });
  const storage = fileStorage(
    {
      stateDirectory: options.stateDirectory ?? stateDirectory(),
      workers: options.diskWorkers ?? Math.min(4, availableParallelism()),
      isYielding: options.hasYieldingDisk ?? false,
    },
    { buffers: pool, logger },
  );
  const trackers = options.useTrackers === false ? null : trackersOf(options, egress, logger);
  const filter = new FilterInForce();
  const engine = new EngineSession(engineOptions(options), {
    clock: systemClock,
    random: systemRandom,
    digests: nodeDigests,
    logger,
    transport: protection(filteredTransport(tcpTransport({ egress, logger }), filter)),
    filter,
    storage,
    pool,
    pieceBudget,
    uploadBudget: UPLOAD_BUDGET,
    discoveries: trackers === null ? [] : [trackers],
    ...(options.mayDial !== undefined && { mayDial: options.mayDial }),
  });
  if (options.warmsUp !== false) storage.warm();
  try {
    await engine.listen();
  } catch (error) {
    await engine.close();
    egress[Symbol.dispose]();
    await storage[Symbol.asyncDispose]();
    throw error;
  }
  return new ClientSession(engine, { storage, egress, trackers }, resolve(options.directory ?? '.'));
}

function trackersOf(options: SessionOptions, egress: Egress, logger: Logger): TrackerClient {
  const { useDnsPreferences = true, mayContactTracker: mayContact = () => true } = options;
  const deps = { clock: systemClock, random: systemRandom, logger, network: nodeTrackerNetwork(egress) };
  return trackerClient({ useDnsPreferences, mayContact }, deps);
}

function openEgress({ bind = [], interface: name, nameServers }: SessionOptions, logger: Logger): Egress {
  if (name === undefined) return addressEgress({ bind });
  const options = { name, ...(nameServers !== undefined && { nameServers }) };
  return interfaceEgress(options, { clock: systemClock, random: systemRandom, logger });
}

/** TCP is protected by the policy; where keys are pinned, by these and the secrets of sealed torrents alone. */
function peerProtection(options: SessionOptions, logger: Logger): (tcp: Transport) => Transport {
  const { encryption, tls, identity = null, contacts = new Map() } = options;
  const deps = { primitives: nodePrimitives, random: systemRandom, identities: peerIdentities(identity, contacts) };
  const common = { clock: systemClock, threadTime, logger };
  if (tls !== undefined) {
    if (encryption !== undefined) throw pinError('PIN_ENCRYPTION', 'encryption cannot be chosen where keys are pinned');
    const protections = [noise({ ...deps, membersOnly: true }), pinnedTls(tls)];
    return (tcp) => protect(tcp, { ...common, protections, policy: 'required' });
  }
  const policy = encryption ?? 'prefer';
  const protections = [noise(deps), mse({ policy, random: systemRandom, digests: nodeDigests })];
  return (tcp) => protect(tcp, { ...common, protections, policy });
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
  const { port = 0 } = options;
  const everywhere = ['0.0.0.0', '::'];
  const bind = options.interface === undefined ? (options.bind ?? everywhere) : everywhere;
  const { maxConnections, maxConnectionsPerTorrent, uploadSlots, downloadLimit, uploadLimit } = options;
  return {
    ...defaultEngineOptions,
    // With TLS no MSE is taken, and who is known to take Noise is dialled over TLS all the same.
    prefersEncryption: options.encryption !== 'plaintext' && options.tls === undefined,
    takesSecure: true,
    listen: port === null ? [] : bind.map((host) => ({ host, port })),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(maxConnectionsPerTorrent !== undefined && { maxConnectionsPerTorrent }),
    ...(uploadSlots !== undefined && { uploadSlots }),
    ...(downloadLimit !== undefined && { downloadLimit }),
    ...(uploadLimit !== undefined && { uploadLimit }),
  };
}

/** What the engine works with, and the session answers for. */
interface SessionParts {
  readonly storage: FileStorageFactory;
  readonly egress: Egress;
  readonly trackers: TrackerClient | null;
}

const ownPlaces: NonNullable<TorrentOptions['locate']> = async ({ info }, directory) => ({
  directory,
  paths: await ownNames(directory, info),
});

class ClientSession implements Session {
  readonly #engine: EngineSession;
  readonly #storage: FileStorageFactory;
  readonly #egress: Egress;
  readonly #trackers: TrackerClient | null;
  readonly #directory: string;
  readonly #torrents = new Set<ClientTorrent>();
  readonly #reading = new ConcurrencyLimit(MOST_READING);
  readonly #closing = new AbortController();

  constructor(engine: EngineSession, { storage, egress, trackers }: SessionParts, directory: string) {
    this.#engine = engine;
    this.#storage = storage;
    this.#egress = egress;
    this.#trackers = trackers;
    rememberEgress(this, egress);
    this.#directory = directory;
  }

  get listening(): readonly PeerAddress[] {
    return this.#engine.listening.filter(({ host }) => this.#egress.source(familyOf(host)) !== null);
  }

  get problem(): DstError | null {
    return this.#egress.problem;
  }

  onProblem(listener: () => void): Disposable {
    return this.#egress.onChange(listener);
  }

  get torrents(): readonly SessionTorrent[] {
    return [...this.#torrents];
  }

  async add(source: TorrentSource, options: AddOptions = {}): Promise<SessionTorrent> {
    const directory = options.directory === undefined ? this.#directory : resolve(options.directory);
    const read = async (): Promise<[NamedTorrent, Pick<AddOptions, 'paths' | 'locate'>]> => {
      const named = await identify(source, nodeDigests, options);
      const { metainfo } = named.identity;
      if (options.paths !== undefined) return [named, {}];
      if (metainfo === null) return [named, { locate: options.locate ?? ownPlaces }];
      return [named, await ownPlaces(metainfo, directory)];
    };
    const [named, places] = await this.#reading.run(read, this.#closing.signal);
    return this.#take(named, { ...options, ...places, directory });
  }

  /** Apart from `add`, whose source would be kept along with the function below. */
  #take(
    { identity, peers, select }: NamedTorrent,
    options: AddOptions & { readonly directory: string },
  ): SessionTorrent {
    const torrent = this.#engine.add(identity, {
      ...(select !== null && { select }),
      ...options,
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

  change(changes: SessionChanges): void {
    this.#engine.change(changes);
  }

  setFilter(filter: HostFilter): void {
    this.#engine.setFilter(filter);
  }

  stats(): SessionStats {
    return this.#engine.stats();
  }

  diskUse(): DiskUse {
    return this.#storage.use;
  }

  trackerUse(): TrackerUse | null {
    return this.#trackers?.use ?? null;
  }

  async close(): Promise<void> {
    this.#closing.abort(engineError('ENGINE_CLOSED', 'the session is closed'));
    this.#torrents.clear();
    await this.#engine.close();
    this.#egress[Symbol.dispose]();
    await this.#storage[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
