/**
 * Texts without secrets, for logs, events and whatever else goes far: passwords of URLs, passkeys of private trackers,
 * tokens. Everybody masks by this one function. It looks at the form of the text alone, so that it finds secrets in the
 * words of others too; it rather takes away too much.
 */

export const REDACTED = '[redacted]';

/** User and password of a URL. A password may hold characters that a URL should not, so the last `@` ends it. */
const CREDENTIALS = /\b([a-z][a-z\d+.-]{0,20}:\/\/)(?:[^\s/]{0,256}:\S{0,512}|[^\s/?#]{0,256})@/gi;
/** A URL, up to what ends it in a sentence. */
const URL_LIKE = /\b[a-z][a-z\d+.-]{0,20}:\/\/[^\s"'<>]+/gi;
/** In a URL: a part of its path that looks made by chance, and is not the name of a file. */
const KEY_LIKE = /(?<!\/)\/(?=[a-z_%~+=-]*\d)[\w%~+=-]{16,256}(?![\w%~+=-]|\.[a-z\d])/gi;
/** Before `/announce` and `/scrape`: `/PASSKEY/announce.php`. */
const BEFORE_PAGE = /\/(?:[\w%~+=-]{16,256}|(?=[a-z_%~+=-]*\d)[\w%~+=-]{8,15})(?=\/(?:announce|scrape)(?![a-z\d_-]))/gi;
/** Behind them everything: `/announce/PASSKEY`, `/announce.php/NUMBER/PASSKEY`. */
const BEHIND_PAGE = /(\/(?:announce|scrape)(?:\.[a-z]{1,5})?)((?:\/[\w%~+=-]+)+)/gi;
/** Secret parameters in the query of a URL; `key` is the one of an announce, `uk`, `pk`, `pid` and `sid` are passkeys. */
const PARAMETER =
  /([?&;](?:\w{0,32}(?:key|token|pass|passwd|password|secret)|uk|pk|pid|sid|pwd|sign|signature|auth|credential)=)[^\s&;#"']*/gi;
/** A passkey that somebody calls so. */
const NAMED = /\b(passkey|torrent_pass|authkey)(["']?(?: is)?[:= ]{1,3}["']?)[\w-]{16,256}/gi;
/** Values of the header `Authorization`. */
const AUTHORIZATION = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;

export function scrubSecrets(text: string): string {
  return text
    .replace(CREDENTIALS, `$1${REDACTED}@`)
    .replace(URL_LIKE, (url) => url.replace(KEY_LIKE, `/${REDACTED}`))
    .replace(BEFORE_PAGE, `/${REDACTED}`)
    .replace(BEHIND_PAGE, (_found, page: string, rest: string) => page + rest.replaceAll(/[^/]+/g, REDACTED))
    .replace(PARAMETER, `$1${REDACTED}`)
    .replace(NAMED, `$1$2${REDACTED}`)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`);
}
