/** The trackers of a torrent of the daemon, with what they said. */
import type { TrackerView } from '../../app/client/index.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { escapeText } from './escape.ts';
import { formatCount, formatDuration, plural } from './format.ts';
import { type Column, renderTable } from './table.ts';
import type { Paint } from './torrent-table.ts';
import { NOTHING, type Tone } from './torrent-words.ts';

const tones: Readonly<Record<TrackerView['state'], Tone>> = {
  idle: 'quiet',
  working: 'plain',
  ok: 'good',
  failed: 'bad',
};

export interface TrackerTableOptions {
  readonly now: UnixSeconds;
  readonly width: number;
  readonly paint: Paint;
  readonly heading: (text: string) => string;
}

export function trackerLines(
  name: string,
  trackers: readonly TrackerView[],
  { now, width, paint, heading }: TrackerTableOptions,
): string[] {
  const title = `${escapeText(name)}: ${plural(trackers.length, 'tracker')}`;
  if (trackers.length === 0) return [title];
  const columns: readonly Column<TrackerView>[] = [
    { title: 'TIER', cell: ({ tier }) => String(tier + 1), align: 'right' },
    { title: 'STATE', cell: ({ state }) => state, style: (text, { state }) => paint(text, tones[state]) },
    { title: 'SEEDS', cell: ({ seeders }) => known(seeders), align: 'right' },
    { title: 'LEECHERS', cell: ({ leechers }) => known(leechers), align: 'right', rank: 1 },
    { title: 'PEERS', cell: ({ peersReceived }) => formatCount(peersReceived), align: 'right', rank: 3 },
    { title: 'LAST', cell: ({ lastAnnounceAt }) => ago(lastAnnounceAt, now), align: 'right', rank: 4 },
    { title: 'NEXT', cell: ({ nextAnnounceAt }) => ahead(nextAnnounceAt, now), align: 'right', rank: 2 },
    { title: 'URL', cell: ({ url }) => escapeText(url), isFlexible: true },
  ];
  const [head = '', ...rows] = renderTable(columns, trackers, width, heading);
  const withMessages = rows.flatMap((row, i) => {
    const { message, state } = trackers[i] as TrackerView;
    return message === null
      ? [row]
      : [row, `      ${paint(escapeText(message), state === 'failed' ? 'bad' : 'caution')}`];
  });
  return [title, head, ...withMessages];
}

const known = (count: number | null): string => (count === null ? NOTHING : formatCount(count));
const ago = (at: UnixSeconds | null, now: UnixSeconds): string => (at === null ? NOTHING : formatDuration(now - at));
const ahead = (at: UnixSeconds | null, now: UnixSeconds): string => (at === null ? NOTHING : formatDuration(at - now));
