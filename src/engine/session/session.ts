/**
 * The engine session: all torrents over one set of listeners, limits and services. It accepts connections and finds
 * the torrent that each is for, dials in turn for torrents that want peers, and gives everybody the time of day.
 */
import { addressKey, type PeerAddress } from '../../base/address.ts';
import { equalBytes, toBinary } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import type { Digests } from '../../base/digests.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';
import { type InfoHashes, swarmHashes } from '../../codec/metainfo/index.ts';
import { createPeerId, encodeHandshake, type Handshake } from '../../codec/wire/index.ts';
import type { Discovery } from '../../discovery/index.ts';
import type { Connection, ConnectionHandlers, Listener, ServedSwarms, Transport } from '../../net/index.ts';
import type { BufferPool, StorageFactory } from '../../storage/index.ts';
import { engineError } from '../errors.ts';
import { HandshakeStage } from '../peer/handshake-stage.ts';
import { PieceMemory } from '../torrent/piece-memory.ts';
import { Torrent } from '../torrent/torrent.ts';
import type { TorrentIdentity } from '../torrent/torrent-identity.ts';
import type { TorrentServices } from '../torrent/torrent-services.ts';
import { TransferLimits } from '../torrent/transfer-limits.ts';
import { UploadMemory } from '../torrent/upload-memory.ts';
import type { EngineOptions, TorrentOptions } from './options.ts';

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
}

/** Torrents that open or check their data at the same time. */
const MOST_OPENING = 4;
/** Incoming connections of one host that have not finished their handshake; it cannot occupy all others' places. */
const MOST_GREETING = 32;
/** Between two looks at all active torrents, ms. */
const TICK: Millis = 1000;
/** The same while rates are limited: how finely transfers are metered. */
const LIMITED_TICK: Millis = 100;

const duplicate = ({ name }: Torrent): Error => engineError('ENGINE_DUPLICATE', `${name} is already in this session`);
const noPeerIdentities = ({ name }: Torrent): Error =>
  engineError('ENGINE_NO_PEER_IDENTITIES', `peers of ${name} cannot prove who they are`);

export class EngineSession {
  readonly #options: EngineOptions;
  readonly #deps: EngineDeps;
  readonly #services: TorrentServices;
  readonly #limits: TransferLimits;
  readonly #torrents = new Set<Torrent>();
  /** Binary 20-byte info hash → torrent; a hybrid stands under both of its names. */
  readonly #bySwarm = new Map<string, Torrent>();
  readonly #connections = new Set<Connection>();
  /** Incoming connections whose handshake has not come yet. */
  readonly #greeting = new Set<Connection>();
  readonly #dialing = new Set<AbortController>();
  /** What listeners are told of our torrents. */
  readonly #served: ServedSwarms & { revision: number } = {
    revision: 0,
    infoHashes: () => [...this.#torrents].flatMap(({ infoHashes }) => swarmHashes(infoHashes)),
    secretOf: (infoHash) => this.#bySwarm.get(toBinary(infoHash))?.secret ?? null,
  };
  #listeners: Listener[] = [];
  #lastPeerId = 0;
  #timer: Disposable | null = null;
  #nextTick: Millis = 0;
  #isClosed = false;

  constructor(options: EngineOptions, deps: EngineDeps) {
    this.#options = options;
    this.#deps = deps;
    const { clock, random, digests, logger, storage, discoveries } = deps;
    const rates = { download: options.downloadLimit, upload: options.uploadLimit };
    this.#limits = new TransferLimits(rates, clock.now(), null);
    this.#services = {
      clock,
      random,
      digests,
      logger,
      storage,
      discoveries,
      options,
      pieceMemory: new PieceMemory(deps.pool, deps.pieceBudget),
      uploadMemory: new UploadMemory(deps.pool, deps.uploadBudget),
      limits: this.#limits,
      opening: new ConcurrencyLimit(MOST_OPENING),
      peerId: createPeerId(random),
      port: () => this.#listeners[0]?.address.port ?? 0,
      wake: () => this.#wake(),
    };
  }

  /** Addresses on which peers are accepted. */
  get listening(): readonly PeerAddress[] {
    return this.#listeners.map(({ address }) => address);
  }

  get torrents(): Iterable<Torrent> {
    return this.#torrents;
  }

  /** Opens the listeners. All use the port of the first, so that one announce serves both address families. */
  async listen(): Promise<void> {
    for (const { host, port } of this.#options.listen) {
      const wanted = { host, port: port || this.#services.port() };
      try {
        const accept = (connection: Connection): void => this.#accept(connection);
        this.#listeners.push(await this.#deps.transport.listen(wanted, accept, this.#served));
      } catch (error) {
        // A machine without IPv6 still serves IPv4; a port that another program has is for the user to know.
        if (this.#listeners.length === 0 || codeOf(error) !== 'NET_LISTEN_FAILED') throw error;
        this.#deps.logger.warn('an address cannot be listened on', { host, reason: messageOf(error) });
      }
    }
  }

  /** Adds a torrent and starts it. Throws ENGINE_DUPLICATE, ENGINE_NO_PEER_IDENTITIES and ENGINE_CLOSED. */
  add(identity: TorrentIdentity, options: TorrentOptions): Torrent {
    if (this.#isClosed) throw engineError('ENGINE_CLOSED', 'the session is closed');
    const torrent = new Torrent(identity, options, this.#services, {
      hashesKnown: (known, hashes) => this.#register(known, hashes),
    });
    if (swarmHashes(identity.infoHashes).some((name) => this.#bySwarm.has(toBinary(name)))) throw duplicate(torrent);
    if (torrent.onlyWith !== null && (torrent.secret?.transport ?? 'off') === 'off') throw noPeerIdentities(torrent);
    this.#register(torrent, identity.infoHashes);
    this.#torrents.add(torrent);
    torrent.start();
    return torrent;
  }

  async remove(torrent: Torrent, options: { deleteData?: boolean } = {}): Promise<void> {
    this.#torrents.delete(torrent);
    this.#served.revision++;
    for (const [name, other] of this.#bySwarm) if (other === torrent) this.#bySwarm.delete(name);
    await torrent.close(options);
  }

  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void {
    this.#limits.set(limits, this.#deps.clock.now());
    this.#wake();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    for (const dial of this.#dialing) dial.abort();
    const listeners = this.#listeners.map((listener) => listener.close());
    await Promise.all([...this.#torrents].map((torrent) => this.remove(torrent)));
    for (const connection of [...this.#connections]) connection.close();
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
    let isActive = false;
    let isLimited = this.#limits.isLimited;
    for (const torrent of [...this.#torrents]) {
      if (!torrent.isActive) continue;
      isActive = true;
      if (isWhole) torrent.tick(now);
      if (torrent.limits.isLimited) isLimited = true;
      torrent.swarm.limitsTick();
    }
    this.#dial(now);
    this.#timer?.[Symbol.dispose]();
    const delay = isLimited ? LIMITED_TICK : Math.max(1, this.#nextTick - now);
    this.#timer = isActive && !this.#isClosed ? this.#deps.clock.after(delay, () => this.#tick()) : null;
  }

  // ---- connections

  #dial(now: Millis): void {
    const busy = (): number => this.#connections.size + this.#dialing.size;
    for (let isProgress = true; isProgress; ) {
      isProgress = false;
      for (const torrent of this.#torrents) {
        if (this.#dialing.size >= this.#options.maxDialing || busy() >= this.#options.maxConnections) return;
        const address = torrent.nextToDial(now);
        if (address === null) continue;
        isProgress = true;
        void this.#connect(torrent, address);
      }
    }
  }

  async #connect(torrent: Torrent, address: PeerAddress): Promise<void> {
    const abort = new AbortController();
    this.#dialing.add(abort);
    const { pool } = torrent.swarm;
    const failed = (reason: string, isRefused: boolean): void => {
      this.#dialing.delete(abort);
      pool.dialFailed(address, this.#deps.clock.now(), isRefused);
      this.#deps.logger.debug('dial failed', { address: addressKey(address), reason });
    };
    // A hybrid torrent has two names; who refuses one may know the other (BEP 52).
    const names = swarmHashes(torrent.infoHashes);
    const infoHash = names[pool.refusalsOf(address) % names.length] as Uint8Array;
    const { secret } = torrent;
    const wantsSecure = this.#options.prefersEncryption || secret?.transport === 'prefer';
    const isKnownSecure = torrent.onlyWith !== null || (wantsSecure && pool.takesSecure(address));
    const greeting = this.#handshake(torrent, infoHash);
    const options = { signal: abort.signal, infoHash, secret, isKnownSecure, greeting };
    try {
      const connection = await this.#deps.transport.dial(address, options);
      const isWanted = !abort.signal.aborted && torrent.isOpen;
      const refusal = isWanted ? this.#refusalOf(torrent, connection) : 'no longer wanted';
      if (refusal !== null) {
        connection.close();
        failed(refusal, false);
        return;
      }
      this.#connections.add(connection);
      new HandshakeStage(connection, {
        clock: this.#deps.clock,
        timeout: this.#options.handshakeTimeout,
        accept: (handshake) => {
          if (this.#bySwarm.get(toBinary(handshake.infoHash)) !== torrent) return 'answered with another info hash';
          this.#dialing.delete(abort);
          return this.#attach(torrent, connection, handshake);
        },
        failed: (reason) => failed(reason, true),
        ended: () => this.#connections.delete(connection),
      });
    } catch (error) {
      failed(messageOf(error), codeOf(error) === 'NET_PROTECTION_FAILED');
    }
  }

  #accept(connection: Connection): void {
    let greeting = 0;
    for (const { remote } of this.#greeting) if (remote.host === connection.remote.host) greeting++;
    if (this.#connections.size >= this.#options.maxConnections || greeting >= MOST_GREETING) {
      connection.close();
      return;
    }
    this.#connections.add(connection);
    this.#greeting.add(connection);
    new HandshakeStage(connection, {
      clock: this.#deps.clock,
      timeout: this.#options.handshakeTimeout,
      accept: (handshake) => {
        this.#greeting.delete(connection);
        const torrent = this.#bySwarm.get(toBinary(handshake.infoHash));
        if (torrent === undefined || !torrent.isOpen) return 'no such torrent';
        const refusal = this.#refusalOf(torrent, connection);
        if (refusal !== null) return refusal;
        connection.send(this.#handshake(torrent, this.#answerHash(torrent, handshake)));
        return this.#attach(torrent, connection, handshake);
      },
      failed: (reason) => this.#deps.logger.debug('incoming connection ended', { reason }),
      ended: () => {
        this.#connections.delete(connection);
        this.#greeting.delete(connection);
      },
    });
  }

  /** Why a connection is not used for a torrent; null when it is. */
  #refusalOf(torrent: Torrent, connection: Connection): string | null {
    const refusal = refusalOf(torrent, connection);
    if (refusal === null) return null;
    this.#deps.logger.info('peer refused', { address: addressKey(connection.remote), ...refusal });
    return `${refusal.code}: ${refusal.reason}`;
  }

  /** BEP 52: a v1 handshake that offers the upgrade is answered with the v2 name of a hybrid torrent. */
  #answerHash(torrent: Torrent, { infoHash, v2 }: Handshake): Uint8Array {
    const { v1, v2: second } = torrent.infoHashes;
    return v2 && v1 !== null && second !== null ? second.subarray(0, 20) : infoHash;
  }

  #handshake(torrent: Torrent, infoHash: Uint8Array): Uint8Array {
    const { v1, v2 } = torrent.infoHashes;
    const isUpgradable = v1 !== null && v2 !== null;
    return encodeHandshake({
      fast: true,
      extended: true,
      dht: false,
      v2: isUpgradable,
      infoHash,
      peerId: this.#services.peerId,
    });
  }

  /** Hands a greeted connection to its torrent. */
  #attach(torrent: Torrent, connection: Connection, handshake: Handshake): ConnectionHandlers | string {
    const { v2 } = torrent.infoHashes;
    const isNamedV2 = v2 !== null && equalBytes(handshake.infoHash, v2.subarray(0, 20));
    const isV2 = isNamedV2 || (v2 !== null && connection.isIncoming && handshake.v2);
    return torrent.swarm.attach(connection, handshake, { id: ++this.#lastPeerId, isV2 });
  }
}

/**
 * The author of a sealed torrent may demand that who comes has proved its secret, for one of its own names; its user,
 * that it has proved there to be one of some. Who has proved the secret of one torrent is let into no other: where keys
 * are pinned, that would be a way around them.
 */
function refusalOf(
  { secret, infoHashes, onlyWith }: Pick<Torrent, 'secret' | 'infoHashes' | 'onlyWith'>,
  { provenSwarm, provenIdentity }: Pick<Connection, 'provenSwarm' | 'provenIdentity'>,
): { readonly code: string; readonly reason: string } | null {
  const isReader = provenSwarm !== undefined && swarmHashes(infoHashes).some((name) => equalBytes(name, provenSwarm));
  if (!isReader && provenSwarm !== undefined) {
    return { code: 'NET_INSECURE_REFUSED', reason: 'the connection was made for another torrent' };
  }
  if (!isReader && secret?.transport === 'required') {
    return { code: 'NET_INSECURE_REFUSED', reason: 'the torrent demands secure connections' };
  }
  if (onlyWith === null) return null;
  if (provenIdentity === undefined)
    return { code: 'NET_IDENTITY_REFUSED', reason: 'the peer has not proved who it is' };
  const { name, fingerprint } = provenIdentity;
  if (onlyWith.includes(fingerprint)) return null;
  return { code: 'NET_IDENTITY_REFUSED', reason: `the peer is ${name === null ? '' : `${name}, `}${fingerprint}` };
}
