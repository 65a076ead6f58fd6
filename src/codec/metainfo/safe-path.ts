/**
 * Makes file names of torrents safe for every platform at once, so that a torrent has the same paths wherever it is
 * opened: what one system forbids is replaced on all. The name in the torrent is kept beside it for web seeds and
 * display. Nothing here looks at the running system.
 */
import { utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';

/** Longest path element, bytes of UTF-8: the limit of ext4, APFS and (in UTF-16 units) NTFS. */
const longestElement: ByteCount = 255;

/** Longest extension that survives when a name is shortened, bytes. */
const longestExtension: ByteCount = 20;

/** What stands in for a character that is not allowed and for a name of which nothing is left. */
const substitute = '_';

/**
 * Invisible characters, with which a name can look like another: soft hyphen, Arabic letter mark, Mongolian vowel
 * separator, zero-width space, bidirectional controls, invisible operators, byte order mark, annotations, tags.
 */
const invisible =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}\u{e0020}-\u{e007f}]/gu;

/**
 * Joiners (ZWNJ, ZWJ) that join nothing. One alone behind a letter, mark, digit or symbol beyond ASCII belongs to the word
 * or the emoji: Persian, Indic scripts and emoji of several parts are written with it.
 */
const strayJoiner = /(?<![[\p{L}\p{M}\p{Nd}\p{S}]--\p{ASCII}])[\u200c\u200d]/gv;

/** Controls, line separators, lone surrogates, invalid UTF-8 (U+FFFD), and what Windows or a path itself reserves. */
const forbidden = /[\p{Cc}\p{Cs}\u2028\u2029\ufffd<>:"/\\|?*]/gu;

/** Device names of Windows, reserved with any extension. */
const device = String.raw`(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)`;
const reserved = new RegExp(`^${device}`, 'i');

/** Most names: of common characters only, and not reserved. */
const plain = new RegExp(String.raw`^(?!${device})[\w\-()[\]{}!,;'@#$%&+=~^ .]{0,200}[\w\-()[\]{}!,;'@#$%&+=~^]$`, 'i');

/**
 * One path element, safe on every platform and never empty. Removes invisible characters and stray joiners, replaces
 * forbidden characters, trims the end, prefixes device names and shortens to 255 bytes while keeping the extension.
 */
export function safeElement(name: string): string {
  if (plain.test(name)) return name;
  const visible = bound(name).replace(invisible, '').replace(forbidden, substitute);
  const cleaned = trimEnd(visible.replace(strayJoiner, ''));
  if (cleaned === '') return substitute;
  return shorten(reserved.test(cleaned) ? substitute + cleaned : cleaned, '');
}

/** `safeElement`, or `fallback` when nothing of the name is left. */
export function safeName(name: string, fallback: string): string {
  const safe = safeElement(name);
  return safe === substitute ? fallback : safe;
}

/** Why a name is not safe as it is, in words for people; null: it is. */
export function unsafeReason(name: string): string | null {
  if (safeElement(name) === name) return null;
  if (name === '') return 'it is empty';
  const [character] = name.match(forbidden) ?? name.match(invisible) ?? name.match(strayJoiner) ?? [];
  if (character !== undefined) {
    return `it has ${named(character)}; what a name cannot have are < > : " / \\ | ? *, control and invisible characters`;
  }
  if (trimEnd(name) !== name) return `it ends in ${named(name.slice(-1))}; a name ends in no dot, space or joiner`;
  return reserved.test(name) ? 'it is that of a device on Windows' : `it has more than ${longestElement} bytes`;
}

/** A character by its code point, and itself where it can be seen. */
function named(character: string): string {
  const code = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
  return /[ -~]/.test(character) ? `"${character}" (${code})` : code;
}

/** The element with a number before its extension: `name.1.ext`. */
export function numberedElement(name: string, number: number): string {
  return shorten(name, `.${number}`);
}

/** Puts `infix` before the extension and cuts the stem so that the whole fits. */
function shorten(name: string, infix: string): string {
  const dot = name.lastIndexOf('.');
  const hasExtension = dot > 0 && utf8(name.slice(dot)).length <= longestExtension;
  const stem = hasExtension ? name.slice(0, dot) : name;
  const extension = infix + (hasExtension ? name.slice(dot) : '');
  const cut = cutText(stem, longestElement - utf8(extension).length);
  const whole = cut + extension;
  return whole === name ? name : trimEnd(whole) || substitute;
}

/** The part of a name that can matter: of one that is absurdly long the start, and the end for its extension. */
const bound = (name: string): string => (name.length <= 2048 ? name : name.slice(0, 2000) + name.slice(-48));

/** Without dots and spaces at the end: Windows strips them, so that `a.` and `a` would be one file. Nor joiners. */
function trimEnd(name: string): string {
  let end = name.length;
  while (end > 0 && '. \u200c\u200d'.includes(name[end - 1] as string)) end--;
  return name.slice(0, end);
}

/** The longest start of a text that takes at most `most` bytes of UTF-8, whole characters only. */
function cutText(text: string, most: ByteCount): string {
  if (text.length * 3 <= most) return text;
  let length = 0;
  let end = 0;
  for (const character of text) {
    length += utf8(character).length;
    if (length > most) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/**
 * A key that is equal for names which some file system takes for the same: letter case and Unicode normalisation do
 * not count (NTFS, APFS), nor do joiners (HFS+).
 */
export function foldName(name: string): string {
  if (/^\p{ASCII}*$/u.test(name)) return name.toUpperCase();
  return name
    .replaceAll(/[\u200c\u200d]/g, '')
    .normalize('NFD')
    .toUpperCase()
    .normalize('NFD');
}
