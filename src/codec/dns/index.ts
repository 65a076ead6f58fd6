/** DNS as a client of a resolver speaks it: RFC 1035, 3596. */
export { decodeDnsAnswer, type DnsAnswer, type DnsQuestion, type DnsType, encodeDnsQuery } from './messages.ts';
