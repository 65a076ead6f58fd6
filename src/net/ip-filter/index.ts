/** Door of the address filter: who is kept out, and how blocklists are read. */
export { type Blocklist, readBlocklist, readingBlocklist } from './blocklist.ts';
export { FilterInForce, filteredTransport, type HostFilter } from './host-filter.ts';
export { IpFilter } from './ip-filter.ts';
