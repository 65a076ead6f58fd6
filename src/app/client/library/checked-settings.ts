/** Settings of one torrent as callers give them: held against what is allowed, and tidied. */
import { clientError } from '../errors.ts';
import type { TorrentSettings } from '../torrent-settings.ts';

/** Most characters of a label or category. */
const LONGEST_NAME = 255;

/** Most labels of one torrent. */
const MOST_LABELS = 100;

/** Throws CLIENT_BAD_SETTING and CLIENT_BAD_NAME. Members that are undefined are left out. */
export function checkedSettings(change: Partial<TorrentSettings>): Partial<TorrentSettings> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const { downloadLimit, uploadLimit, maxPeers, goals, labels, category } = change;
  for (const rate of [downloadLimit, uploadLimit]) if (rate !== undefined) mustBeCount('a limit', rate);
  if (typeof maxPeers === 'number') mustBeCount('the number of peers', maxPeers);
  for (const goal of Object.values(goals ?? {})) {
    if (typeof goal === 'number' && !(Number.isFinite(goal) && goal >= 0)) {
      throw clientError('CLIENT_BAD_SETTING', `a goal is a number from 0, not ${goal}`);
    }
  }
  if (category !== undefined && category !== '') mustBeName(category);
  if (labels === undefined) return given;
  const tidy = [...new Set(labels.map((label) => label.trim()).filter((label) => label !== ''))];
  if (tidy.length > MOST_LABELS) {
    throw clientError('CLIENT_BAD_SETTING', `a torrent has at most ${MOST_LABELS} labels, not ${tidy.length}`);
  }
  for (const label of tidy) mustBeName(label);
  return { ...given, labels: tidy };
}

/** The display name of a torrent, trimmed. Throws CLIENT_BAD_NAME. */
export function checkedName(name: string): string {
  const tidy = name.trim();
  if (tidy !== '' && tidy.length <= LONGEST_NAME && !tidy.includes('\0')) return tidy;
  throw clientError('CLIENT_BAD_NAME', `a name has 1 … ${LONGEST_NAME} characters`);
}

function mustBeCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw clientError('CLIENT_BAD_SETTING', `${what} is a whole number from 0, not ${value}`);
}

/** Of a category or label. */
export const isName = (name: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
  name.trim() !== '' && name.length <= LONGEST_NAME && !/[\u0000-\u001f\u007f,]/.test(name);

/** Throws CLIENT_BAD_NAME for what is no name of a category or label. */
export function mustBeName(name: string): void {
  if (isName(name)) return;
  const words = `a name has 1 … ${LONGEST_NAME} characters, not only spaces, and no commas`;
  throw clientError('CLIENT_BAD_NAME', `${JSON.stringify(name)} is no name: ${words}`);
}
