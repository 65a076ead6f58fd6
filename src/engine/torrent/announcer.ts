/** All discovery sources of one torrent, for each of its swarms (a hybrid torrent has two). BEP 27 is obeyed here. */
import type { PeerAddress } from '../../base/address.ts';
import type { Millis } from '../../base/units.ts';
import { swarmHashes } from '../../codec/metainfo/index.ts';
import type { AnnounceEvent, DiscoverySession, SourceStatus, SwarmProgress } from '../../discovery/index.ts';
import { staticPeers } from '../../discovery/static/index.ts';
import type { TorrentIdentity } from './torrent-identity.ts';
import type { TorrentServices } from './torrent-services.ts';

/** What the sources need from the torrent. */
export interface AnnouncerPort {
  progress(): SwarmProgress;
  found(peers: readonly PeerAddress[]): void;
}

/** How often sources are asked for peers while there is none, ms. */
const ASK_INTERVAL: Millis = 30_000;

export class Announcer {
  readonly #services: TorrentServices;
  /** Addresses that are known from the start. */
  readonly #peers: readonly PeerAddress[];
  readonly #port: AnnouncerPort;
  readonly #sessions: DiscoverySession[] = [];
  #nextAsk: Millis = 0;

  constructor(services: TorrentServices, peers: readonly PeerAddress[], port: AnnouncerPort) {
    this.#services = services;
    this.#peers = peers;
    this.#port = port;
  }

  /** Joins the swarms; changes nothing while it is in them. */
  start({ metainfo, infoHashes, trackers }: TorrentIdentity): void {
    if (this.#sessions.length > 0) return;
    const { clock, peerId, discoveries } = this.#services;
    const port = this.#services.port();
    this.#nextAsk = clock.now() + ASK_INTERVAL;
    const isPrivate = metainfo?.info.isPrivate ?? false;
    const sources = [...discoveries];
    if (this.#peers.length > 0) sources.push(staticPeers(this.#peers));
    for (const infoHash of swarmHashes(infoHashes)) {
      const swarm = { infoHash, peerId, port, isPrivate, trackers, progress: () => this.#port.progress() };
      for (const source of sources) {
        if (isPrivate && !source.isAllowedForPrivate) continue;
        this.#sessions.push(source.start(swarm, (peers) => this.#port.found(peers)));
      }
    }
  }

  announce(event: AnnounceEvent): void {
    for (const session of this.#sessions) session.announce(event);
  }

  /** There is nobody to talk to: asks the sources anew, now and then and as far as their rules allow. */
  askForPeers(now: Millis): void {
    if (now < this.#nextAsk) return;
    this.#nextAsk = now + ASK_INTERVAL;
    this.announce('update');
  }

  status(): SourceStatus[] {
    return this.#sessions.flatMap((session) => session.status());
  }

  /** Says goodbye to all, once each has told that the download is complete; never rejects. */
  async stop(): Promise<void> {
    const sessions = this.#sessions.splice(0);
    await Promise.allSettled(sessions.map((session) => session.settle()));
    await Promise.allSettled(sessions.map((session) => session.stop()));
  }
}
