/** The list of the daemon's torrents: what `dst ls` and `dst top` show, and in which order. */
import type { TorrentView } from '../../app/client/index.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatRate, plural } from './format.ts';
import type { Column } from './table.ts';
import {
  doneText,
  etaText,
  NOTHING,
  rateText,
  ratioText,
  shareDone,
  stateTone,
  stateWord,
  type Tone,
} from './torrent-words.ts';

/** What is needed of a torrent in a list. */
export type ListedTorrent = Pick<
  TorrentView,
  | 'id'
  | 'hash'
  | 'name'
  | 'state'
  | 'isStalled'
  | 'checked'
  | 'moved'
  | 'moveProblem'
  | 'hasMetadata'
  | 'wantedSize'
  | 'wantedDone'
  | 'downloadRate'
  | 'uploadRate'
  | 'ratio'
  | 'eta'
  | 'addedAt'
  | 'activeAt'
  | 'queuePosition'
>;

/** Colours a text by what it says. */
export type Paint = (text: string, tone: Tone) => string;

export function torrentColumns(paint: Paint): readonly Column<ListedTorrent>[] {
  const figure = {
    align: 'right',
    style: (text) => (text.endsWith(` ${NOTHING}`) ? paint(text, 'quiet') : text),
  } as const satisfies Partial<Column<ListedTorrent>>;
  return [
    { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
    { title: 'DONE', cell: doneText, align: 'right', least: 6 },
    { ...figure, title: 'SIZE', least: 8, cell: sizeText, rank: 5 },
    { ...figure, title: 'DOWN/s', least: 8, cell: ({ downloadRate }) => rateText(downloadRate), rank: 2 },
    { ...figure, title: 'UP/s', least: 8, cell: ({ uploadRate }) => rateText(uploadRate), rank: 3 },
    { ...figure, title: 'RATIO', cell: ({ ratio }) => ratioText(ratio), rank: 6 },
    { ...figure, title: 'ETA', least: 7, cell: ({ eta }) => etaText(eta), rank: 4 },
    { title: 'STATE', least: 11, cell: stateWord, style: (text, torrent) => paint(text, stateTone(torrent)), rank: 1 },
    { title: 'NAME', cell: ({ name }) => escapeText(name), isFlexible: true },
  ];
}

const sizeText = ({ hasMetadata, wantedSize }: ListedTorrent): string =>
  hasMetadata ? formatBytes(wantedSize) : NOTHING;

type Order = (a: ListedTorrent, b: ListedTorrent) => number;

const collator = new Intl.Collator(undefined, { numeric: true });
const largestFirst =
  (of: (torrent: ListedTorrent) => number): Order =>
  (a, b) =>
    of(b) - of(a);

export type OrderName =
  | 'queue'
  | 'id'
  | 'name'
  | 'state'
  | 'done'
  | 'size'
  | 'down'
  | 'up'
  | 'ratio'
  | 'eta'
  | 'added'
  | 'active'
  | 'activity';

/** By which a list can be sorted: texts and places from the first, figures from the largest. */
export const orders: Readonly<Record<OrderName, Order>> = {
  queue: (a, b) => a.queuePosition - b.queuePosition,
  id: (a, b) => a.id - b.id,
  name: (a, b) => collator.compare(a.name, b.name),
  state: (a, b) => collator.compare(a.state, b.state),
  done: largestFirst(shareDone),
  size: largestFirst(({ wantedSize }) => wantedSize),
  down: largestFirst(({ downloadRate }) => downloadRate),
  up: largestFirst(({ uploadRate }) => uploadRate),
  ratio: largestFirst(({ ratio }) => ratio),
  // What will never be done comes last.
  eta: (a, b) => (a.eta ?? Number.MAX_VALUE) - (b.eta ?? Number.MAX_VALUE),
  added: largestFirst(({ addedAt }) => addedAt),
  active: largestFirst(({ activeAt }) => activeAt ?? 0),
  activity: (a, b) =>
    b.downloadRate + b.uploadRate - (a.downloadRate + a.uploadRate) ||
    (b.activeAt ?? 0) - (a.activeAt ?? 0) ||
    a.queuePosition - b.queuePosition,
};

/** All of them in a line. */
export function totalsLine(torrents: readonly ListedTorrent[]): string {
  const sum = (of: (torrent: ListedTorrent) => number): number =>
    torrents.reduce((total, torrent) => total + of(torrent), 0);
  const failed = torrents.filter(({ state }) => state === 'failed').length;
  return [
    plural(torrents.length, 'torrent'),
    formatBytes(sum(({ wantedSize }) => wantedSize)),
    `down ${formatRate(sum(({ downloadRate }) => downloadRate))}`,
    `up ${formatRate(sum(({ uploadRate }) => uploadRate))}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}
