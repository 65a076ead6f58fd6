/** The URLs in torrents and magnet links: which ones are kept, and how they are tidied. */

const trackerUrl = /^(?:https?|udp|wss?):\/\/[^\s/?#]/i;
const seedUrl = /^(?:https?|ftp):\/\/[^\s/?#]/i;

/** Spaces and controls: inside a tracker URL they make it unusable, and they could forge lines in logs. */
const unusable = /[\s\p{Cc}]/u;

/** A tracker URL (HTTP, UDP or WebSocket) without space around it, or null when it is none. */
export function trackerUrlOf(text: string): string | null {
  const url = text.trim();
  return trackerUrl.test(url) && !unusable.test(url) ? url : null;
}

/** A web seed URL (HTTP or FTP; BEP 19 says to ignore others) with its spaces escaped, or null when it is none. */
export function seedUrlOf(text: string): string | null {
  const url = text.trim().replaceAll(' ', '%20');
  return seedUrl.test(url) && !unusable.test(url) ? url : null;
}

/** The URLs that are usable, each once, in order. */
export function usableUrls(texts: Iterable<string>, urlOf: (text: string) => string | null): string[] {
  const urls = new Set<string>();
  for (const text of texts) {
    const url = urlOf(text);
    if (url !== null) urls.add(url);
  }
  return [...urls];
}
