/**
 * Shows progress while something runs: redrawn five times a second on a terminal, as JSON events once a second, else
 * a line every ten seconds, so that a log file stays readable.
 */
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import type { Output } from './output.ts';

const REDRAW_INTERVAL: Millis = 200;
const EVENT_INTERVAL: Millis = 1000;
const LINE_INTERVAL: Millis = 10_000;

/** What can be shown of a running job; each form is asked for when it is needed. */
export interface ProgressView {
  /** The lines of the live area. */
  drawing(width: number): string[];
  /** Lines for a log. */
  lines(): string[];
  /** Events for --json; none for a command that answers with one object. */
  events?(): object[];
}

export class Ticker implements Disposable {
  readonly #output: Output;
  readonly #view: ProgressView;
  readonly #clock: Clock;
  #timer: Disposable | null = null;

  constructor(output: Output, view: ProgressView, clock: Clock) {
    this.#output = output;
    this.#view = view;
    this.#clock = clock;
    this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#output.area?.clear();
  }

  #schedule(): void {
    const { area, options } = this.#output;
    const interval = area !== null ? REDRAW_INTERVAL : options.json ? EVENT_INTERVAL : LINE_INTERVAL;
    this.#timer = this.#clock.after(interval, () => {
      this.#show();
      this.#schedule();
    });
  }

  #show(): void {
    const { area, options } = this.#output;
    if (area !== null) area.draw(this.#view.drawing(area.width));
    else if (options.json) for (const event of this.#view.events?.() ?? []) this.#output.json(event);
    else for (const line of this.#view.lines()) this.#output.note(line);
  }
}
