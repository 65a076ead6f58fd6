/**
 * Fetches a torrent file from a web address that a caller named, with cookies for its server (RFC 6265 §4.2: `NAME=VALUE`,
 * more after `; `). Rejects WEB_*, NET_INTERFACE_*.
 */
export type TorrentFetch = (url: string, cookies?: string) => Promise<Uint8Array>;

/** Longest cookies that are sent, characters. */
const LONGEST_COOKIES = 8192;

/** Whether it can be sent as a header. */
export const areCookies = (text: string): boolean => text.length <= LONGEST_COOKIES && /^[\x20-\x7e]*$/.test(text);

export const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text);
