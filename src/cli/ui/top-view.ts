/** What `dst top` shows: figures with their course, and the torrents in an order that can be chosen. Told what happens, and drawn. */
import type { ClientStats } from '../../app/client/index.ts';
import type { BytesPerSecond } from '../../base/units.ts';
import type { BarStyle } from './bar.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatRate, plural } from './format.ts';
import type { Key } from './keys.ts';
import { renderSparkline } from './sparkline.ts';
import { renderTable } from './table.ts';
import { type ListedTorrent, type OrderName, orders, type Paint, torrentColumns } from './torrent-table.ts';
import { displayWidth, padEnd, padStart, truncateEnd } from './width.ts';

/** Figures that are remembered, one a second. */
const HISTORY = 300;
/** Lines above the torrents. */
const HEAD_LINES = 5;
const cycle: readonly OrderName[] = ['activity', 'down', 'up', 'done', 'eta', 'ratio', 'size', 'name', 'queue'];

export interface TopStyle {
  readonly bars: BarStyle;
  readonly paint: Paint;
  readonly bold: (text: string) => string;
  /** The row that is chosen. */
  readonly chosen: (text: string) => string;
}

export class TopView {
  readonly #style: TopStyle;
  #stats: ClientStats | null = null;
  #torrents: readonly ListedTorrent[] = [];
  readonly #down: BytesPerSecond[] = [];
  readonly #up: BytesPerSecond[] = [];
  #order: OrderName = 'activity';
  #chosen: number | null = null;
  /** First torrent that is seen. */
  #first = 0;
  #rows = 1;
  #isFrozen = false;
  /** What was done last, for a line above the keys. */
  message: string | null = null;

  constructor(style: TopStyle) {
    this.#style = style;
  }

  /** Takes new figures, unless the picture is frozen. */
  update(stats: ClientStats, torrents: readonly ListedTorrent[]): void {
    this.#remember(this.#down, stats.downloadRate);
    this.#remember(this.#up, stats.uploadRate);
    if (this.#isFrozen) return;
    this.#stats = stats;
    this.#torrents = torrents.toSorted(orders[this.#order]);
    if (!this.#torrents.some(({ id }) => id === this.#chosen)) this.#chosen = this.#torrents[0]?.id ?? null;
  }

  /** The torrent that is chosen; null when there is none. */
  get chosen(): ListedTorrent | null {
    return this.#torrents.find(({ id }) => id === this.#chosen) ?? null;
  }

  /** Does what a key stands for; false when it stands for nothing here. */
  press(key: Key): boolean {
    switch (key) {
      case 'up':
      case 'k':
        return this.#move(-1);
      case 'down':
      case 'j':
        return this.#move(1);
      case 'page-up':
        return this.#move(-this.#rows);
      case 'page-down':
        return this.#move(this.#rows);
      case 'home':
        return this.#move(-this.#torrents.length);
      case 'end':
        return this.#move(this.#torrents.length);
      case 's':
        return this.#sort(1);
      case 'S':
        return this.#sort(-1);
      case 'p':
        this.#isFrozen = !this.#isFrozen;
        return true;
      default:
        return false;
    }
  }

  /** All lines of a screen of this size. */
  drawing(width: number, height: number): string[] {
    const foot = this.#foot(width);
    this.#rows = Math.max(1, height - HEAD_LINES - foot.length);
    const index = Math.max(
      0,
      this.#torrents.findIndex(({ id }) => id === this.#chosen),
    );
    const last = Math.max(0, this.#torrents.length - this.#rows);
    this.#first = Math.min(last, Math.max(index - this.#rows + 1, Math.min(index, this.#first)));
    const shown = this.#torrents.slice(this.#first, this.#first + this.#rows);
    const table = this.#table(shown, width);
    const lines = [...this.#head(width), '', ...table];
    while (lines.length < height - foot.length) lines.push('');
    return [...lines.slice(0, height - foot.length), ...foot];
  }

  #table(shown: readonly ListedTorrent[], width: number): string[] {
    const { paint, bold, chosen } = this.#style;
    const at = shown.findIndex(({ id }) => id === this.#chosen);
    // The colours of a row would end that of its being chosen.
    const plain = (text: string): string => text;
    const colourful = renderTable(torrentColumns(paint), shown, width, bold);
    if (at < 0) return colourful;
    const row = renderTable(torrentColumns(plain), shown, width, plain)[at + 1] as string;
    return colourful.with(at + 1, chosen(padEnd(row, width)));
  }

  #head(width: number): string[] {
    if (this.#stats === null) return ['', '', ''];
    const { torrents, peersConnected, freeSpace, usesAltLimits } = this.#stats;
    const facts = [
      `${plural(torrents.all, 'torrent')}, ${torrents.active} active`,
      ...(torrents.failed > 0 ? [`${torrents.failed} failed`] : []),
      plural(peersConnected, 'peer'),
      ...(freeSpace === null ? [] : [`${formatBytes(freeSpace)} free`]),
      ...(usesAltLimits ? ['alternative limits'] : []),
      ...(this.#isFrozen ? ['FROZEN'] : []),
    ];
    return [
      this.#style.bold(truncateEnd(facts.join('   '), width)),
      this.#course('down', this.#stats.downloadRate, this.#down, width),
      this.#course('up', this.#stats.uploadRate, this.#up, width),
    ];
  }

  #course(word: 'down' | 'up', rate: BytesPerSecond, values: readonly BytesPerSecond[], width: number): string {
    const { bars, paint } = this.#style;
    const sign = bars === 'ascii' ? padEnd(word, 4) : { down: '↓', up: '↑' }[word];
    const now = `${sign} ${padStart(formatRate(rate), 10)}  `;
    const most = `  most ${padStart(formatRate(Math.max(0, ...values)), 10)}`;
    const room = Math.min(HISTORY, width - displayWidth(now) - displayWidth(most));
    if (room < 10) return truncateEnd(now.trimEnd(), width);
    return `${now}${paint(renderSparkline(values, room, bars), word === 'down' ? 'good' : 'caution')}${paint(most, 'quiet')}`;
  }

  #foot(width: number): string[] {
    const keys = `q quit  arrows choose  space start/stop  s sort: ${this.#order}  p ${this.#isFrozen ? 'go on' : 'freeze'}`;
    const lines = this.message === null ? [keys] : [escapeText(this.message), keys];
    return lines.map((line) => this.#style.paint(truncateEnd(line, width), 'quiet'));
  }

  #move(by: number): boolean {
    const index = this.#torrents.findIndex(({ id }) => id === this.#chosen);
    const next = Math.max(0, Math.min(this.#torrents.length - 1, index + by));
    this.#chosen = this.#torrents[next]?.id ?? null;
    return true;
  }

  #sort(by: number): boolean {
    const next = (cycle.indexOf(this.#order) + by + cycle.length) % cycle.length;
    this.#order = cycle[next] as OrderName;
    this.#torrents = this.#torrents.toSorted(orders[this.#order]);
    return true;
  }

  #remember(values: BytesPerSecond[], rate: BytesPerSecond): void {
    values.push(rate);
    if (values.length > HISTORY) values.shift();
  }
}
