/**
 * One real session on a stage of scripted peers, in simulated time: the frame of all protocol tests of the engine.
 *
 *     await onStage({ has: 'everything' }, async (stage) => {
 *       const peer = await stage.peer({ fast: true });
 *       peer.send(Frame.interested);
 *       await peer.expect('unchoke');
 *     });
 */
import type { PeerAddress } from '../../src/base/address.ts';
import type { Millis, PieceIndex } from '../../src/base/units.ts';
import { BLOCK_LENGTH, type Geometry } from '../../src/codec/metainfo/index.ts';
import { type BlockRange, type Capabilities, Frame } from '../../src/codec/wire/index.ts';
import type { Discovery } from '../../src/discovery/index.ts';
import type { Torrent, TorrentOptions, TorrentState } from '../../src/engine/index.ts';
import type { PeerSession } from '../../src/engine/peer/peer-session.ts';
import { type FakeListener, FakePeer } from '../sim/fake-peer.ts';
import type { SimClock } from '../sim/sim-clock.ts';
import type { HostOptions, SimHost } from '../sim/sim-network.ts';
import { type MemberOptions, Swarm, type SwarmMember, type SwarmOptions } from '../sim/swarm.ts';
import type { TestTorrent, TestTorrentOptions } from '../sim/test-torrent.ts';

export interface StageOptions extends Omit<MemberOptions, 'torrent'> {
  /** The torrent that is played with. */
  readonly content?: TestTorrentOptions;
  /** Options of the torrent in the session. */
  readonly torrent?: MemberOptions['torrent'];
  readonly pieceBudget?: SwarmOptions['pieceBudget'];
  readonly logger?: SwarmOptions['logger'];
  /** Stands for the trackers. */
  readonly discovery?: Discovery;
}

export interface PeerOptions extends Partial<Capabilities>, HostOptions {
  /** Makes the peer id; a new one for each peer when left out. */
  readonly name?: string;
  readonly infoHash?: Uint8Array;
  readonly from?: SimHost;
}

/** How a connection ended, in the session's words. */
export interface Ending {
  readonly address: string;
  readonly reason: string;
}

const PORT = 6881;

export class Stage {
  readonly swarm: Swarm;
  readonly member: SwarmMember;
  readonly torrent: Torrent;
  readonly content: TestTorrent;
  /** Connections that ended after their handshake. */
  readonly endings: Ending[] = [];
  readonly states: TorrentState['kind'][] = [];
  readonly #hostOf = new Map<FakePeer, SimHost>();
  #hosts = 0;
  #peers = 0;
  #others = 0;

  constructor(
    swarm: Swarm,
    member: SwarmMember,
    torrent: Torrent = member.torrent,
    content: TestTorrent = swarm.torrent,
  ) {
    this.swarm = swarm;
    this.member = member;
    this.torrent = torrent;
    this.content = content;
    torrent.events.on('peerDisconnected', (ending) => void this.endings.push(ending));
    torrent.events.on('state', ({ kind }) => void this.states.push(kind));
  }

  /** What the session opens its data with; a test may replace `open`. */
  get storages(): SwarmMember['opener'] {
    return this.member.opener;
  }

  /** Adds another torrent to the session, or only its info hashes, and returns a stage for it. */
  add(content: TestTorrent, options: Partial<TorrentOptions> = {}, isMagnet = false): Stage {
    const { infoHashes, info } = content.metainfo;
    const identity = { infoHashes, metainfo: isMagnet ? null : content.metainfo, name: info.name, trackers: [] };
    const torrent = this.member.session.add(identity, { directory: '/downloads', ...options });
    const stage = new Stage(this.swarm, this.member, torrent, content);
    stage.#hosts = 256 * ++this.#others;
    return stage;
  }

  get clock(): SimClock {
    return this.swarm.clock;
  }

  get geometry(): Geometry {
    return this.content.geometry;
  }

  /** Where the session listens. */
  get address(): PeerAddress {
    return { host: this.member.host.address, port: PORT };
  }

  /** The first 20-byte name of the torrent. */
  get infoHash(): Uint8Array {
    const { v1, v2 } = this.content.metainfo.infoHashes;
    return v1 ?? (v2 as Uint8Array).subarray(0, 20);
  }

  /** The session's side of a peer's connection; it must be there. */
  session(peer: FakePeer): PeerSession {
    const host = this.#hostOf.get(peer)?.address;
    for (const session of this.torrent.swarm.pool.sessions) if (session.connection.remote.host === host) return session;
    throw new Error(`the session is not connected to ${host}`);
  }

  /** Why the last connection ended. */
  get lastReason(): string {
    return this.endings.at(-1)?.reason ?? 'none has ended';
  }

  /** A new machine for a scripted peer. */
  host(options: HostOptions = {}): SimHost {
    const index = ++this.#hosts;
    return this.swarm.network.host(`10.9.${index >> 8}.${index & 255}`, options);
  }

  /** A peer that has dialed the session and sent its handshake; answered or not. */
  async greet(options: PeerOptions = {}): Promise<FakePeer> {
    const { name = `peer-${++this.#peers}`, infoHash = this.infoHash, from = this.host(options) } = options;
    const peer = await FakePeer.connect(from.transport, this.address, this.clock);
    this.#hostOf.set(peer, from);
    peer.handshake(infoHash, options, name);
    return peer;
  }

  /** A peer after both handshakes. */
  async peer(options: PeerOptions = {}): Promise<FakePeer> {
    const peer = await this.greet(options);
    await peer.expectHandshake();
    await this.clock.sleep(50);
    return peer;
  }

  /** A peer that the session dials; it has not sent its handshake yet. */
  async dialed(from: SimHost = this.host()): Promise<FakePeer> {
    const listener = await this.listen(from);
    this.torrent.addPeers([listener.address]);
    const peer = await listener.next();
    this.#hostOf.set(peer, from);
    return peer;
  }

  /** Makes a peer send keep-alives for as long as it is connected. */
  keepAlive(peer: FakePeer): void {
    if (peer.ended !== null) return;
    peer.send(Frame.keepAlive);
    this.clock.after(60_000, () => this.keepAlive(peer));
  }

  listen(from: SimHost): Promise<FakeListener> {
    return FakePeer.listen(from.transport, { host: from.address, port: PORT }, this.clock);
  }

  /** Lets time pass until a condition holds. */
  async until(condition: () => boolean, within: Millis = 300_000): Promise<void> {
    const end = this.clock.now() + within;
    while (!condition()) {
      if (this.clock.now() > end) throw new Error(`not within ${within} ms; ${this.member.describe()}`);
      await this.clock.sleep(10);
    }
  }

  untilState(kind: TorrentState['kind'], within?: Millis): Promise<void> {
    return this.until(() => this.torrent.state.kind === kind, within);
  }

  block(piece: PieceIndex, block: number): BlockRange {
    return { piece, begin: block * BLOCK_LENGTH, length: this.geometry.blockSize(piece, block) };
  }

  /** Bytes of the torrent. */
  bytes({ piece, begin, length }: BlockRange): Uint8Array {
    const start = this.geometry.pieceOffset(piece) + begin;
    return this.content.data.slice(start, start + length);
  }
}

/** Opens a stage, lets `body` play on it and closes the session. */
export async function onStage(options: StageOptions, body: (stage: Stage) => Promise<void>): Promise<void> {
  const { content, torrent, pieceBudget, logger, discovery, ...member } = options;
  const ofSwarm = {
    ...(content && { torrent: content }),
    ...(pieceBudget && { pieceBudget }),
    ...(logger && { logger }),
  };
  const swarm = new Swarm({ seed: 1, ...ofSwarm });
  if (discovery !== undefined) swarm.tracker.discovery = () => discovery;
  const stage = new Stage(swarm, await swarm.addMember({ ...member, ...(torrent && { torrent }) }));
  const play = async (): Promise<void> => {
    await stage.until(() => stage.torrent.isOpen || stage.torrent.state.kind === 'failed', 1000);
    await body(stage);
  };
  await swarm.clock.finish(play());
  await swarm.clock.finish(stage.member.session.close());
}
