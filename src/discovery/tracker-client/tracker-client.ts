/** Trackers as a source of peers: HTTP and UDP, BEP 3, 7, 12, 15, 21, 23, 24, 31, 34, 41. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Discovery, DiscoverySession } from '../discovery.ts';
import { AnnounceSession, type AnnounceSessionOptions, defaultAnnounceSessionOptions } from './announce-session.ts';
import { Announcer, type AnnouncerOptions, defaultAnnouncerOptions } from './announcer.ts';
import { nodeTrackerNetwork } from './node-network.ts';
import type { TrackerNetwork } from './ports.ts';

export interface TrackerClientOptions extends Partial<AnnouncerOptions>, Partial<AnnounceSessionOptions> {
  /** Addresses of this machine from which trackers are contacted; default any. */
  readonly bind?: readonly string[];
  /** BEP 24: a tracker says that it sees us at this address. One voice among several: never trust one. */
  readonly onExternalHost?: (host: string, tracker: string) => void;
}

export interface TrackerClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The machine's own network unless given. */
  readonly network?: TrackerNetwork;
}

/** One tracker client serves all torrents: they share its sockets, its UDP connection ids and its limits. */
export function trackerClient(options: TrackerClientOptions, deps: TrackerClientDeps): Discovery {
  const { clock, random, logger } = deps;
  const announcer = new Announcer(
    { ...defaultAnnouncerOptions, ...options },
    { clock, random, network: deps.network ?? nodeTrackerNetwork(options.bind) },
  );
  const onExternalHost = options.onExternalHost ?? ((): void => {});
  let sessions = 0;
  return {
    name: 'tracker',
    isAllowedForPrivate: true,
    start(swarm, sink): DiscoverySession {
      sessions++;
      const session = new AnnounceSession(
        swarm,
        sink,
        { ...defaultAnnounceSessionOptions, ...options },
        { announcer, clock, random, logger, onExternalHost },
      );
      let stopped: Promise<void> | null = null;
      return {
        announce: (event) => session.announce(event),
        status: () => session.status(),
        settle: () => session.settle(),
        stop() {
          stopped ??= session.stop().then(() => {
            sessions--;
            if (sessions === 0) announcer.close();
          });
          return stopped;
        },
      };
    },
  };
}
