/** All discovery sources of one torrent, for each of its swarms (a hybrid torrent has two). BEP 27 is obeyed here. */
import type {
  AnnounceEvent,
  Discovery,
  DiscoverySession,
  PeerSink,
  SourceStatus,
  Swarm,
} from '../../discovery/index.ts';

export class Announcer {
  readonly #sessions: DiscoverySession[] = [];

  start(sources: readonly Discovery[], swarms: readonly Swarm[], sink: PeerSink): void {
    for (const swarm of swarms) {
      for (const source of sources) {
        if (swarm.isPrivate && !source.isAllowedForPrivate) continue;
        this.#sessions.push(source.start(swarm, sink));
      }
    }
  }

  get isStarted(): boolean {
    return this.#sessions.length > 0;
  }

  announce(event: AnnounceEvent): void {
    for (const session of this.#sessions) session.announce(event);
  }

  status(): SourceStatus[] {
    return this.#sessions.flatMap((session) => session.status());
  }

  /** Says goodbye to all; never rejects. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#sessions.splice(0).map((session) => session.stop()));
  }
}
