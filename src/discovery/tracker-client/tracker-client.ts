/** Trackers as a source of peers: HTTP and UDP, BEP 3, 7, 12, 15, 21, 23, 24, 31, 34, 41. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Discovery, DiscoverySession, TrackerUse } from '../discovery.ts';
import {
  AnnounceSession,
  type AnnounceSessionDeps,
  type AnnounceSessionOptions,
  defaultAnnounceSessionOptions,
} from './announce-session.ts';
import { Announcer, type AnnouncerOptions, defaultAnnouncerOptions } from './announcer.ts';
import { nodeTrackerNetwork } from './node-network.ts';
import type { TrackerNetwork } from './ports.ts';

export interface TrackerClientOptions extends Partial<AnnouncerOptions>, Partial<AnnounceSessionOptions> {
  /** BEP 24: a tracker says that it sees us at this address. One voice among several: never trust one. */
  readonly onExternalHost?: (host: string, tracker: string) => void;
}

export interface TrackerClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The machine's own network unless given: `nodeTrackerNetwork`. */
  readonly network?: TrackerNetwork;
}

export interface TrackerClient extends Discovery {
  readonly use: TrackerUse;
}

/** One tracker client serves all torrents: they share its sockets, its UDP connection ids and its limits. */
export function trackerClient(options: TrackerClientOptions, deps: TrackerClientDeps): TrackerClient {
  const { clock, random, logger } = deps;
  const network = deps.network ?? nodeTrackerNetwork();
  const announcer = new Announcer({ ...defaultAnnouncerOptions, ...options }, { clock, random, network });
  const sessions = new Set<AnnounceSession>();
  network.onRenewal?.(() => {
    announcer.renew();
    for (const session of sessions) session.renew();
  });
  const sessionOptions = { ...defaultAnnounceSessionOptions, ...options };
  const sessionDeps: AnnounceSessionDeps = {
    announcer,
    clock,
    random,
    logger,
    onExternalHost: options.onExternalHost ?? ((): void => {}),
    ended(session) {
      if (sessions.delete(session) && sessions.size === 0) announcer.close();
    },
  };
  return {
    name: 'tracker',
    get use(): TrackerUse {
      return announcer.use;
    },
    isAllowedForPrivate: true,
    start(swarm, sink): DiscoverySession {
      const session = new AnnounceSession(swarm, sink, sessionOptions, sessionDeps);
      sessions.add(session);
      return session;
    },
  };
}
