/** Addresses of Redis and Valkey servers. */

/** The text of a server's address, apart. */
export interface SwarmsAddress {
  readonly url: string;
  /** Path of a Unix socket, or null for TCP. */
  readonly path: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
}

const NETWORK = ['redis:', 'rediss:'];
const UNIX = ['redis+unix:', 'unix:'];

/**
 * Reads `redis://[[user]:password@]host[:port][/database]`, `rediss://…` (TLS) or
 * `redis+unix://[[user]:password@localhost]/path[?db=n]`. Null when it is none of these.
 */
export function parseSwarmsUrl(text: string): SwarmsAddress | null {
  // URL would leave white space out.
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (url === null) return null;
  const isUnix = UNIX.includes(url.protocol);
  const database = isUnix ? (url.searchParams.get('db') ?? '0') : url.pathname.slice(1) || '0';
  if (!/^\d{1,5}$/.test(database)) return null;
  const isLocal = ['', 'localhost'].includes(url.host) && url.pathname.length > 1;
  const isGood = isUnix ? isLocal : NETWORK.includes(url.protocol) && url.host !== '';
  if (!isGood) return null;
  try {
    return {
      url: text,
      path: isUnix ? decodeURIComponent(url.pathname) : null,
      username: url.username === '' ? null : decodeURIComponent(url.username),
      password: url.password === '' ? null : decodeURIComponent(url.password),
      database: Number(database),
    };
  } catch {
    // A percent sign with something else than a byte of UTF-8 behind it.
    return null;
  }
}
