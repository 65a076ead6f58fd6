/**
 * Swarms of real sessions on a simulated network, each session with a host, a disk and a place in the swarm of one test
 * torrent. A test says who takes part, lets time pass and looks at the outcome:
 *
 *     const swarm = new Swarm({ seed: 7, latency: 20 });
 *     await swarm.addSeed({ up: 1e6 });
 *     await swarm.addLeechers(10, { up: 5e5, down: 2e6 });
 *     await swarm.untilComplete({ within: 60_000 });
 *     await swarm.assertBitExact();
 */
import assert from 'node:assert/strict';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { ByteCount, Millis, PieceIndex } from '../../src/base/units.ts';
import { Geometry, pieceHashes } from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import {
  defaultEngineOptions,
  type EngineOptions,
  EngineSession,
  type Torrent,
  type TorrentIdentity,
  type TorrentOptions,
} from '../../src/engine/index.ts';
import type { PeerIdentities } from '../../src/net/noise/index.ts';
import type { EncryptionPolicy } from '../../src/net/protection/index.ts';
import { BufferPool, type PoolBuffer, type Storage, type StorageFactory } from '../../src/storage/index.ts';
import { MemoryDisk, memoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { encryptedTransport } from './encrypted-transport.ts';
import { SimClock } from './sim-clock.ts';
import { disk, type DiskDescription } from './sim-disk.ts';
import { type HostOptions, type PathOptions, type SimHost, SimNetwork } from './sim-network.ts';
import { SimTracker } from './sim-tracker.ts';
import { type TestTorrent, type TestTorrentOptions, testTorrent } from './test-torrent.ts';

export interface SwarmOptions extends Partial<PathOptions> {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  readonly torrent?: TestTorrentOptions;
  /** For all sessions. */
  readonly engine?: Partial<EngineOptions>;
  readonly logger?: Logger;
  /** Policy of all sessions that name none. Left out: they know nothing but plaintext. */
  readonly encryption?: EncryptionPolicy;
  /** Memory for pieces in progress of each session, bytes; 32 MiB when left out. */
  readonly pieceBudget?: ByteCount;
}

export interface MemberOptions extends HostOptions {
  readonly disk?: DiskDescription;
  /** What is on the disk at the beginning; nothing when left out. */
  readonly has?: 'everything' | readonly PieceIndex[];
  /** True: it knows only the info hash, as from a magnet link. */
  readonly isMagnet?: boolean;
  /** Of a sealed torrent: it has the carrier, and no key. */
  readonly isHelper?: boolean;
  readonly encryption?: EncryptionPolicy | undefined;
  /** Who it proves to be, where connections are secure, and whom it knows. */
  readonly identities?: PeerIdentities;
  readonly engine?: Partial<EngineOptions>;
  readonly torrent?: Partial<TorrentOptions>;
}

const PORT = 6881;
const DIRECTORY = '/downloads';
const PIECE_BUDGET: ByteCount = 32 * 1024 * 1024;
const UPLOAD_BUDGET: ByteCount = 8 * 1024 * 1024;

type MemberParts = Pick<SwarmMember, 'host' | 'session' | 'torrent' | 'storage' | 'files' | 'opener' | 'isHelper'>;

/** One session of a swarm. */
export class SwarmMember {
  readonly host: SimHost;
  readonly session: EngineSession;
  readonly torrent: Torrent;
  /** When it had everything that it wanted; null before. */
  completedAt: Millis | null = null;
  /** Pieces that failed their hash, and their bytes without pads. */
  hashFailures = 0;
  failedBytes: ByteCount = 0;
  /** Hosts that it has banned. */
  readonly banned: string[] = [];
  /** False after it has left or crashed. */
  isPresent = true;
  readonly isHelper: boolean;
  /** Its disk without the disk's faults. */
  readonly storage: StorageFactory;
  /** What lies on it. */
  readonly files: MemoryDisk;
  /** Its disk as the session has it, with the disk's faults. */
  readonly opener: { open: StorageFactory['open'] };

  constructor(
    { host, session, torrent, storage, files, opener, isHelper }: MemberParts,
    geometry: Geometry,
    now: () => Millis,
  ) {
    this.host = host;
    this.session = session;
    this.torrent = torrent;
    this.storage = storage;
    this.files = files;
    this.opener = opener;
    this.isHelper = isHelper;
    torrent.events.on('complete', () => {
      this.completedAt ??= now();
    });
    torrent.events.on('hashFailed', ({ piece }) => {
      this.hashFailures++;
      this.failedBytes += geometry.payloadSize(piece);
    });
    torrent.events.on('banned', ({ addresses }) => {
      for (const address of addresses) this.banned.push(address.replace(/:\d+$/, ''));
    });
  }

  get isComplete(): boolean {
    return this.completedAt !== null;
  }

  /** One line for people. */
  describe(): string {
    const { state, piecesHave, piecesTotal, peersConnected, wasted } = this.torrent.status();
    const reason = state.kind === 'failed' ? ` (${state.error.code})` : '';
    return `${this.host.address} ${state.kind}${reason} ${piecesHave}/${piecesTotal} peers ${peersConnected} wasted ${wasted}`;
  }
}

export class Swarm {
  readonly seed: number;
  readonly clock: SimClock = new SimClock();
  readonly network: SimNetwork;
  readonly tracker: SimTracker;
  readonly torrent: TestTorrent;
  readonly members: SwarmMember[] = [];
  readonly #options: SwarmOptions;
  #addresses = 0;

  constructor(options: SwarmOptions) {
    const { seed, clock } = { seed: options.seed, clock: this.clock };
    this.seed = seed;
    this.#options = options;
    this.network = new SimNetwork({ ...options, clock, random: seededRandom(seed) });
    this.tracker = new SimTracker(clock, seededRandom(seed + 1));
    this.torrent = testTorrent({ seed, ...options.torrent });
  }

  /** A member that has everything. */
  addSeed(options: MemberOptions = {}): Promise<SwarmMember> {
    return this.addMember({ has: 'everything', ...options });
  }

  async addLeechers(
    count: number,
    options: MemberOptions | ((index: number) => MemberOptions) = {},
  ): Promise<SwarmMember[]> {
    const members: SwarmMember[] = [];
    for (let i = 0; i < count; i++)
      members.push(await this.addMember(typeof options === 'function' ? options(i) : options));
    return members;
  }

  /** A new host with a session; it joins the swarm at once. */
  async addMember(options: MemberOptions = {}): Promise<SwarmMember> {
    const index = ++this.#addresses;
    const host = this.network.host(`10.0.${index >> 8}.${index & 255}`, options);
    const random = seededRandom(this.seed * 65_537 + index);
    const files = new MemoryDisk();
    const plain = memoryStorage({ digests: nodeDigests }, files);
    if (options.has !== undefined) await this.#fill(plain, options);
    const opener = (options.disk ?? disk()).over(plain, { clock: this.clock, random });
    const session = this.#session(host, opener, random, options);
    await this.clock.finish(session.listen());
    const torrent = session.add(this.#identity(options), {
      directory: DIRECTORY,
      ...options.torrent,
    });
    const member = new SwarmMember(
      { host, session, torrent, storage: plain, files, opener, isHelper: options.isHelper === true },
      this.torrent.geometry,
      () => this.clock.now(),
    );
    this.members.push(member);
    return member;
  }

  /** A member says goodbye. */
  async leave(member: SwarmMember): Promise<void> {
    member.isPresent = false;
    await this.clock.finish(member.session.close());
  }

  /** A member falls silent: its machine has lost power. */
  async crash(member: SwarmMember): Promise<void> {
    this.network.unplug(member.host);
    await this.leave(member);
  }

  run(duration: Millis): Promise<void> {
    return this.clock.run(duration);
  }

  /** Lets time pass until all who are there, or those named, are complete. Rejects with a report when they are not. */
  async untilComplete(options: { within: Millis; members?: readonly SwarmMember[] }): Promise<void> {
    const isDone = (member: SwarmMember): boolean => member.isComplete || !member.isPresent;
    try {
      await this.clock.until(() => (options.members ?? this.members).every(isDone), options.within);
    } catch (error) {
      const lines = this.members.map((member) => `  ${member.describe()}`).join('\n');
      throw new Error(`seed ${this.seed}: ${(error as Error).message}\n${lines}`, { cause: error });
    }
  }

  /** Payload received in vain by all members, as a share of all payload received. */
  get wastedShare(): number {
    let [wasted, received] = [0, 0];
    for (const { torrent } of this.members) {
      const status = torrent.status();
      wasted += status.wasted;
      received += status.downloaded;
    }
    return received === 0 ? 0 : wasted / received;
  }

  /** Compares every piece that a member claims to have with the torrent's content. */
  async assertBitExact(members: readonly SwarmMember[] = this.members): Promise<void> {
    const { geometry, data } = this.torrent;
    for (const member of members) {
      const storage = await this.#open(member.storage, member.isHelper);
      const { have } = await storage.resume();
      for (let piece = 0; member.isComplete && piece < geometry.pieceCount; piece++) {
        const isThere = have.has(piece) || geometry.payloadSize(piece) === 0;
        assert.ok(isThere, `seed ${this.seed}: ${member.host.address} lacks piece ${piece}`);
      }
      for (const piece of have) {
        const [offset, length] = [geometry.pieceOffset(piece), geometry.pieceSize(piece)];
        const buffer = bufferOf(new Uint8Array(length));
        await storage.read(buffer, [{ offset, at: 0, length }]);
        const isRight = Buffer.compare(buffer.bytes, data.subarray(offset, offset + length)) === 0;
        assert.ok(isRight, `seed ${this.seed}: piece ${piece} of ${member.host.address} is wrong`);
      }
    }
  }

  #session(host: SimHost, storage: StorageFactory, random: Random, options: MemberOptions): EngineSession {
    const engine: EngineOptions = {
      ...defaultEngineOptions,
      listen: [{ host: host.address, port: PORT }],
      ...this.#options.engine,
      ...options.engine,
    };
    const { pieceBudget = PIECE_BUDGET } = this.#options;
    const { encryption = this.#options.encryption, identities } = options;
    const { logger = silentLogger } = this.#options;
    const { clock } = this;
    return new EngineSession(engine, {
      clock,
      random,
      digests: nodeDigests,
      logger,
      transport:
        encryption === undefined
          ? host.transport
          : encryptedTransport(host.transport, encryption, { clock, random, logger, identities }),
      storage,
      pool: new BufferPool({ budget: 1.25 * (pieceBudget + UPLOAD_BUDGET) }),
      pieceBudget,
      uploadBudget: UPLOAD_BUDGET,
      discoveries: [this.tracker.discovery(host.address)],
    });
  }

  #identity({ isMagnet = false, isHelper = false }: MemberOptions): TorrentIdentity {
    const metainfo = isHelper ? this.torrent.carrier : this.torrent.metainfo;
    return {
      infoHashes: metainfo.infoHashes,
      metainfo: isMagnet ? null : metainfo,
      name: metainfo.info.name,
      trackers: metainfo.trackers,
    };
  }

  /** The torrent's data on a disk, past any session. */
  #open(factory: StorageFactory, isHelper: boolean): Promise<Storage> {
    const { infoHashes, info } = isHelper ? this.torrent.carrier : this.torrent.metainfo;
    return factory.open(new Geometry(info), {
      directory: DIRECTORY,
      infoHashes,
      contentKey: info.seal?.contentKey ?? null,
      selection: 'all',
      allocation: 'sparse',
      isWritable: true,
    });
  }

  /** Puts pieces on a disk through the storage itself. */
  async #fill(factory: StorageFactory, { has = [], isHelper = false }: MemberOptions): Promise<void> {
    const { geometry, data, metainfo } = this.torrent;
    const storage = await this.#open(factory, isHelper);
    const pieces = has === 'everything' ? Array.from({ length: geometry.pieceCount }, (_, piece) => piece) : has;
    for (const piece of pieces) {
      const start = geometry.pieceOffset(piece);
      const bytes = data.slice(start, start + geometry.pieceSize(piece));
      await storage.commit(piece, bufferOf(bytes), pieceHashes(metainfo.info, metainfo.pieceLayers, piece));
    }
    await storage.close();
  }
}

const bufferOf = (bytes: Uint8Array): PoolBuffer => ({ id: -1, bytes, release: () => {} });
