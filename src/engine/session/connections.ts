/**
 * The connections of a session: it dials in turn for torrents that want peers, takes in who comes, finds out by the
 * handshake which torrent each is for, and keeps out whom it is told to.
 */
import { addressKey, type PeerAddress } from '../../base/address.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Millis } from '../../base/units.ts';
import { swarmHashes } from '../../codec/metainfo/index.ts';
import { encodeHandshake, type Handshake } from '../../codec/wire/index.ts';
import type { Connection, ConnectionHandlers, Transport } from '../../net/index.ts';
import type { HostFilter } from '../../net/ip-filter/index.ts';
import { HandshakeStage } from '../peer/handshake-stage.ts';
import { closeSurplus } from '../torrent/close-surplus.ts';
import type { Torrent } from '../torrent/torrent.ts';
import type { EngineOptions } from './options.ts';

export interface ConnectionsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Transport;
  /** Looked at whenever it is needed: it may change. */
  readonly options: EngineOptions;
  readonly filter: HostFilter;
  /** Our peer id, 20 bytes. */
  readonly peerId: Uint8Array;
  torrents(): Iterable<Torrent>;
  /** The torrent with this name of 20 bytes. */
  torrentOf(infoHash: Uint8Array): Torrent | undefined;
}

/** Incoming connections of one host that have not finished their handshake; it cannot occupy all others' places. */
const MOST_GREETING = 32;

export class Connections {
  readonly #deps: ConnectionsDeps;
  readonly #open = new Set<Connection>();
  /** Incoming connections whose handshake has not come yet. */
  readonly #greeting = new Set<Connection>();
  readonly #dialing = new Map<AbortController, PeerAddress>();
  #lastPeerId = 0;
  /** The place of the torrent that was asked last for an address. Kept: those at the front would take every free dial. */
  #turn = -1;
  #hasIncoming = false;

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps;
  }

  /** Open ones, greeted or not. */
  get count(): number {
    return this.#open.size;
  }

  /** Somebody who speaks the protocol has connected to us. */
  get hasIncoming(): boolean {
    return this.#hasIncoming;
  }

  /** Dials, as far as the limits allow, one address for each torrent in turn. */
  dial(now: Millis): void {
    const { maxDialing, maxConnections } = this.#deps.options;
    const torrents = [...this.#deps.torrents()];
    let passed = 0;
    while (passed < torrents.length) {
      if (this.#dialing.size >= maxDialing || this.#open.size + this.#dialing.size >= maxConnections) return;
      this.#turn = (this.#turn + 1) % torrents.length;
      const torrent = torrents[this.#turn] as Torrent;
      const address = torrent.nextToDial(now);
      passed = address === null ? passed + 1 : 0;
      if (address !== null) void this.#connect(torrent, address);
    }
  }

  /** A connection has come in. */
  accept(connection: Connection): void {
    const { host } = connection.remote;
    let greeting = 0;
    for (const { remote } of this.#greeting) if (remote.host === host) greeting++;
    const isFull = this.#open.size >= this.#deps.options.maxConnections || greeting >= MOST_GREETING;
    if (isFull || this.#deps.filter.has(host)) {
      connection.close();
      return;
    }
    this.#open.add(connection);
    this.#greeting.add(connection);
    new HandshakeStage(connection, {
      clock: this.#deps.clock,
      timeout: this.#deps.options.handshakeTimeout,
      accept: (handshake) => {
        this.#greeting.delete(connection);
        const torrent = this.#deps.torrentOf(handshake.infoHash);
        if (torrent === undefined || !torrent.isOpen) return 'no such torrent';
        const refusal = this.#refusalOf(torrent, connection);
        if (refusal !== null) return refusal;
        this.#hasIncoming = true;
        connection.send(this.#handshake(torrent, this.#answerHash(torrent, handshake)));
        return this.#attach(torrent, connection, handshake);
      },
      failed: (reason) => this.#deps.logger.debug('incoming connection ended', { reason }),
      ended: () => {
        this.#open.delete(connection);
        this.#greeting.delete(connection);
      },
    });
  }

  /** Other hosts are kept out: connections with them end, and those that are being made. */
  filterChanged(): void {
    const { filter } = this.#deps;
    for (const [dial, { host }] of this.#dialing) if (filter.has(host)) dial.abort();
    for (const { swarm } of this.#torrentsWithPeers()) swarm.pool.dropKeptOut();
    for (const connection of [...this.#open]) if (filter.has(connection.remote.host)) connection.close();
  }

  /** The limits may be lower than before: strangers go first, then the peers of least use. */
  limitsChanged(): void {
    const torrents = [...this.#torrentsWithPeers()];
    for (const { swarm } of torrents) swarm.limitsChanged();
    const surplus = Math.max(0, this.#open.size - this.#deps.options.maxConnections);
    const strangers = [...this.#greeting].slice(0, surplus);
    for (const connection of strangers) connection.close();
    const peers = torrents.flatMap(({ swarm }) => [...swarm.pool.sessions]);
    closeSurplus(peers, peers.length - (surplus - strangers.length));
  }

  stopDialing(): void {
    for (const dial of this.#dialing.keys()) dial.abort();
  }

  closeAll(): void {
    for (const connection of [...this.#open]) connection.close();
  }

  *#torrentsWithPeers(): Iterable<Torrent> {
    for (const torrent of this.#deps.torrents()) if (torrent.hasSwarm) yield torrent;
  }

  async #connect(torrent: Torrent, address: PeerAddress): Promise<void> {
    const abort = new AbortController();
    this.#dialing.set(abort, address);
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
    const wantsSecure = this.#deps.options.prefersEncryption || secret?.transport === 'prefer';
    const isKnownSecure = torrent.onlyWith !== null || (wantsSecure && pool.takesSecure(address));
    const greeting = this.#handshake(torrent, infoHash);
    const options = { signal: abort.signal, infoHash, secret, isKnownSecure, greeting };
    try {
      const connection = await this.#deps.transport.dial(address, options);
      const isWanted = !abort.signal.aborted && torrent.isOpen && !this.#deps.filter.has(address.host);
      const refusal = isWanted ? this.#refusalOf(torrent, connection) : 'no longer wanted';
      if (refusal !== null) {
        connection.close();
        failed(refusal, false);
        return;
      }
      this.#open.add(connection);
      new HandshakeStage(connection, {
        clock: this.#deps.clock,
        timeout: this.#deps.options.handshakeTimeout,
        accept: (handshake) => {
          if (this.#deps.torrentOf(handshake.infoHash) !== torrent) return 'answered with another info hash';
          this.#dialing.delete(abort);
          return this.#attach(torrent, connection, handshake);
        },
        failed: (reason) => failed(reason, true),
        ended: () => this.#open.delete(connection),
      });
    } catch (error) {
      failed(messageOf(error), codeOf(error) === 'NET_PROTECTION_FAILED');
    }
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
      peerId: this.#deps.peerId,
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
