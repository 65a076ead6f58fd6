/** Progress of reading through data once: `create`, `verify`, `encrypt`, … */
import type { Clock } from '../../base/clock.ts';
import { RateMeter } from '../../base/rate.ts';
import type { ByteCount } from '../../base/units.ts';
import { renderBar, type BarStyle } from './bar.ts';
import { formatBytes, formatDuration, formatPercent, formatRate } from './format.ts';
import type { ProgressView } from './ticker.ts';

export class HashView implements ProgressView {
  readonly #title: string;
  readonly #barStyle: BarStyle;
  readonly #clock: Clock;
  readonly #meter: RateMeter;
  #done: ByteCount = 0;
  /** Null when it is not known. */
  #total: ByteCount | null = 0;

  constructor(title: string, barStyle: BarStyle, clock: Clock) {
    this.#title = title;
    this.#barStyle = barStyle;
    this.#clock = clock;
    this.#meter = new RateMeter(clock.now());
  }

  update(done: ByteCount, total: ByteCount | null): void {
    this.#meter.add(done - this.#done);
    this.#done = done;
    this.#total = total;
  }

  drawing(width: number): string[] {
    const figures = this.#figures();
    const barWidth = Math.min(40, width - this.#title.length - figures.length - 5);
    const hasBar = barWidth >= 4 && this.#total !== null;
    const bar = hasBar ? `${renderBar(this.#done / (this.#total ?? 0), barWidth, this.#barStyle)}  ` : '';
    return [`${this.#title}  ${bar}${figures}`];
  }

  lines(): string[] {
    return [`${this.#title}: ${this.#figures()}`];
  }

  #figures(): string {
    this.#meter.tick(this.#clock.now());
    const { rate } = this.#meter;
    if (this.#total === null) return [formatBytes(this.#done), ...(rate > 0 ? [formatRate(rate)] : [])].join('  ');
    const parts = [formatPercent(this.#done, this.#total), `${formatBytes(this.#done)} of ${formatBytes(this.#total)}`];
    if (rate > 0) parts.push(formatRate(rate), `ETA ${formatDuration((this.#total - this.#done) / rate)}`);
    return parts.join('  ');
  }
}
