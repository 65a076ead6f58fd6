/** Passkeys of a private tracker, as they stand in announce URLs: `/PASSKEY/announce`, over UDP too (BEP 41). */

/** Any text may stand for a passkey: who has mistyped one is told so as a BitTorrent client can read it. */
const PATH = /^\/([^/]*)\/(announce|scrape)$/;

/** A path for members, taken apart; null for any other. */
export function parseMemberPath(
  path: string,
): { readonly passkey: string; readonly page: 'announce' | 'scrape' } | null {
  const match = PATH.exec(path);
  return match === null ? null : { passkey: match[1] as string, page: match[2] as 'announce' | 'scrape' };
}

/** The passkey in the path of a URL, or an empty text. */
export const passkeyIn = (path: string): string => parseMemberPath(path.split('?', 1)[0] as string)?.passkey ?? '';

const Option = { end: 0, nothing: 1, urlData: 2 } as const;

/** Path and query of the tracker's URL as a datagram has them from `at` on (BEP 41); what is malformed ends it. */
export function urlDataIn(datagram: Uint8Array, start: number): string {
  let path = '';
  for (let at = start; at < datagram.length; ) {
    const option = datagram[at++];
    if (option === Option.end) return path;
    if (option === Option.nothing) continue;
    const length = datagram[at++] ?? 0;
    if (option === Option.urlData) {
      for (let i = at; i < Math.min(at + length, datagram.length); i++) {
        path += String.fromCharCode(datagram[i] as number);
      }
    }
    at += length;
  }
  return path;
}
