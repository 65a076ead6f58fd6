/** All discovery sources of one torrent, for each of its swarms (a hybrid torrent has two). BEP 27 is obeyed here. */
import type { PeerAddress } from '../../base/address.ts';
import type { Millis } from '../../base/units.ts';
import { swarmHashes } from '../../codec/metainfo/index.ts';
import type { AnnounceEvent, DiscoverySession, PeerSink, SourceStatus, SwarmProgress } from '../../discovery/index.ts';
import { staticPeers } from '../../discovery/static/index.ts';
import type { PeerSource } from './peer-pool.ts';
import type { TorrentIdentity } from './torrent-identity.ts';
import type { TorrentServices } from './torrent-services.ts';
import { TrackerList, type TrackerTiers } from './tracker-list.ts';

/** What the sources need from the torrent. */
export interface AnnouncerPort {
  readonly progress: () => SwarmProgress;
  found(peers: readonly PeerAddress[], source: PeerSource): void;
}

interface Stay {
  readonly wasComplete: boolean;
  /** It has become complete before it could join. */
  isCompleted: boolean;
}

/** How often sources are asked for peers while there is none, ms. */
const ASK_INTERVAL: Millis = 30_000;

export class Announcer {
  readonly trackers: TrackerList;
  readonly #services: TorrentServices;
  /** Addresses that are known from the start. */
  readonly #peers: readonly PeerAddress[];
  readonly #port: AnnouncerPort;
  #sessions: readonly DiscoverySession[] = [];
  /** Of the swarms that it is in, or joins once the goodbyes are said; null: neither. */
  #stay: Stay | null = null;
  /** Settled when the goodbyes are said: a tracker that hears `stopped` after `started` would take us for gone. */
  #leaving: Promise<void> | null = null;
  #nextAsk: Millis = 0;

  constructor(
    services: TorrentServices,
    { trackers, peers }: { readonly trackers: TrackerTiers; readonly peers: readonly PeerAddress[] },
    port: AnnouncerPort,
  ) {
    this.trackers = new TrackerList(trackers);
    this.#services = services;
    this.#peers = peers;
    this.#port = port;
  }

  /** Joins the swarms, once it has left those of before; changes nothing while it is in them. */
  start(identity: Pick<TorrentIdentity, 'metainfo' | 'infoHashes'>): void {
    if (this.#stay !== null) return;
    const stay = { wasComplete: this.#port.progress().left === 0, isCompleted: false };
    this.#stay = stay;
    if (this.#leaving === null) this.#join(identity, stay);
    else
      void this.#leaving.then(() => {
        if (this.#stay === stay) this.#join(identity, stay);
      });
  }

  #join({ metainfo, infoHashes }: Parameters<Announcer['start']>[0], { wasComplete, isCompleted }: Stay): void {
    const { clock, peerId, discoveries } = this.#services;
    const port = this.#services.port();
    this.#nextAsk = clock.now() + ASK_INTERVAL;
    const isPrivate = metainfo?.info.isPrivate ?? false;
    const sources = discoveries.filter((source) => !isPrivate || source.isAllowedForPrivate);
    const own = this.#peers.length === 0 ? [] : [staticPeers(this.#peers)];
    const { progress } = this.#port;
    const sessions = swarmHashes(infoHashes).flatMap((infoHash) => {
      const swarm = { infoHash, peerId, port, isPrivate, trackers: this.trackers.tiers, progress, wasComplete };
      return [
        ...sources.map((source) => source.start(swarm, this.#sinkFor(source.name))),
        ...own.map((source) => source.start(swarm, this.#sinkFor('user'))),
      ];
    });
    this.#sessions = sessions.slice(); // without room for more
    if (isCompleted) this.announce('completed');
  }

  /** Made apart from all else that the session would keep with it. */
  #sinkFor(name: PeerSource): PeerSink {
    return (peers) => this.#port.found(peers, name);
  }

  /** From now on these are the trackers. */
  setTrackers(tiers: TrackerTiers): void {
    this.trackers.tiers = tiers;
    for (const session of this.#sessions) session.setTrackers(tiers);
  }

  /** The user wants all sources asked now. False: it is in no swarm (stopped, checked, failed), and none was asked. */
  reannounce(): boolean {
    for (const session of this.#sessions) session.reannounce();
    return this.#stay !== null;
  }

  announce(event: AnnounceEvent): void {
    if (event === 'completed' && this.#stay !== null) this.#stay.isCompleted = true;
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
    const sessions = this.#sessions;
    this.#sessions = [];
    this.#stay = null;
    if (sessions.length === 0) return;
    this.#leaving = this.#leave(sessions);
    await this.#leaving;
  }

  async #leave(sessions: readonly DiscoverySession[]): Promise<void> {
    await Promise.allSettled(sessions.map((session) => session.settle()));
    await Promise.allSettled(sessions.map((session) => session.stop()));
    this.#leaving = null;
  }
}
