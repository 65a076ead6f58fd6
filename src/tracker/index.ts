/** The tracker's rules: swarms, and the fronts that answer requests about them. It knows no sockets. */
export { AddressGuard } from './address-guard.ts';
export { AnnounceRules, defaultRules, lifetimeOf, type RuleOptions } from './announce-rules.ts';
export { setHost } from './client-address.ts';
export { type CounterName, sumCounters, threadCounters } from './counters.ts';
export { type HttpClient, HttpFront } from './http/http-front.ts';
export { parseMemberPath, passkeyIn } from './passkey.ts';
export { PrivateSwarms } from './private-swarms.ts';
export { type RateLimit, RateLimits } from './rate-limits.ts';
export {
  type AnnounceCall,
  type ByteSink,
  HostAddress,
  type PeerRole,
  type SwarmCounts,
  type SwarmStore,
  type Tick,
  TICK_SECONDS,
  wordsOf,
} from './swarm-store.ts';
export { AccountRegistry } from './table/account-registry.ts';
export { AccountTable, type AccountTraffic } from './table/account-table.ts';
export { Arena } from './table/arena.ts';
export { type FinishedDownloads, SwarmRegistry } from './table/swarm-registry.ts';
export { restoreSection, snapshotSections } from './table/swarm-snapshot.ts';
export { SwarmTable, type TableUse } from './table/swarm-table.ts';
export { TableMemory } from './table/table-memory.ts';
export { ConnectionIds } from './udp/connection-ids.ts';
export { type DatagramClient, type DatagramSink, MOST_UDP_REPLY, UdpFront } from './udp/udp-front.ts';
export type { WebRelay } from './ws/relay.ts';
export type { WebClient, WebConnection, WebOrigin } from './ws/web-connection.ts';
export { WebFront } from './ws/web-front.ts';
export { LONGEST_MESSAGE as LONGEST_WEB_MESSAGE } from './ws/web-message.ts';
