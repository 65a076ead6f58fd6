/** The address of a tracker, taken apart. */
import { isIPv6 } from '../../base/address.ts';
import { trackerError } from './errors.ts';

export interface TrackerUrl {
  readonly scheme: 'http' | 'https' | 'udp';
  /** Host name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query; empty when the URL has neither. */
  readonly path: string;
  /** The whole URL, normalized. */
  readonly href: string;
}

const defaultPorts = { http: 80, https: 443, udp: null } as const;

/** Throws TRACKER_BAD_URL or TRACKER_UNSUPPORTED_SCHEME. */
export function parseTrackerUrl(text: string): TrackerUrl {
  const url = URL.parse(text);
  if (url === null) throw trackerError('TRACKER_BAD_URL', 'not a URL');
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'udp') {
    throw trackerError('TRACKER_UNSUPPORTED_SCHEME', `unsupported scheme "${scheme}"`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? defaultPorts[scheme] : Number(url.port);
  if (host === '' || port === null || port === 0)
    throw trackerError('TRACKER_BAD_URL', 'the URL lacks a host or a port');
  return { scheme, host, port, path: url.pathname + url.search, href: url.href };
}

/**
 * The same tracker at another port of its host; null when there is no such URL. Path, query and user name stay: to a UDP
 * tracker they go as URL data (BEP 41). A UDP URL without a path gets the path that HTTP trackers commonly have.
 */
export function movedUrl(url: TrackerUrl, scheme: TrackerUrl['scheme'], port: number): TrackerUrl | null {
  if (url.scheme === scheme && url.port === port) return url;
  const [, user = ''] = /^\w+:\/\/([^/?#]*@)?/.exec(url.href) ?? [];
  const isBare = url.scheme === 'udp' && scheme !== 'udp' && (url.path === '' || url.path === '/');
  const text = `${scheme}://${user}${bracketed(url.host)}:${port}${isBare ? '/announce' : url.path}`;
  return URL.canParse(text) ? parseTrackerUrl(text) : null;
}

/** Names the server behind the URL: one for all torrents that use it. */
export const endpointOf = (url: TrackerUrl): string => `${url.scheme}://${bracketed(url.host)}:${url.port}`;

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);
