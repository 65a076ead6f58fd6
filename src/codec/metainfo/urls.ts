/** The URLs in torrents and magnet links: which ones are kept, and how they are tidied. */

/** A host has no escapes: what they stand for would be in its name as soon as it is taken apart. */
const host = '[^\\s/?#@%]+(?:[/?#]|$)';
const trackerUrl = new RegExp(`^(?:https?|udp|wss?)://(?:[^\\s/?#]*@)?${host}`, 'i');
const seedUrl = new RegExp(`^(?:https?|ftp)://(?:[^\\s/?#]*@)?${host}`, 'i');

/** Spaces of other kinds and controls: inside a URL they make it unusable, and they could forge lines in logs. */
const unusable = /[\s\p{Cc}]/u;

/**
 * What no URL has (RFC 3986, section 2): escaped it asks for the same, and cannot end the attribute of a page that some
 * client puts the URL into as it is.
 */
const unsafe = /[ "<>`]/g;

function usable(text: string, form: RegExp): string | null {
  const url = text.trim().replaceAll(unsafe, encodeURIComponent);
  return form.test(url) && !unusable.test(url) && URL.canParse(url) ? url : null;
}

/** A tracker URL (HTTP, UDP or WebSocket), tidied, or null when it is none. */
export const trackerUrlOf = (text: string): string | null => usable(text, trackerUrl);

/** A web seed URL (HTTP or FTP; BEP 19 says to ignore others), tidied, or null when it is none. */
export const seedUrlOf = (text: string): string | null => usable(text, seedUrl);

/** The URLs that are usable, each once, in order. */
export function usableUrls(texts: Iterable<string>, urlOf: (text: string) => string | null): string[] {
  const urls = new Set<string>();
  for (const text of texts) {
    const url = urlOf(text);
    if (url !== null) urls.add(url);
  }
  return [...urls];
}
