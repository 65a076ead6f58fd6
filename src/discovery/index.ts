/** Door of the Discovery port. Each source has a door of its own. */
export type {
  AnnounceEvent,
  Discovery,
  DiscoverySession,
  PeerSink,
  SourceStatus,
  Swarm,
  SwarmProgress,
  TrackerUse,
} from './discovery.ts';
