/** Tells once when a tracker or another source of peers fails, and why: a download without peers explains itself. */
import type { SessionTorrent } from '../app/index.ts';
import type { Clock } from '../base/clock.ts';
import { scrubSecrets } from '../base/scrub-secrets.ts';
import type { Millis } from '../base/units.ts';
import { escapeText } from './ui/escape.ts';
import type { Output } from './ui/output.ts';

const INTERVAL: Millis = 1000;

export class SourceWatch implements Disposable {
  readonly #output: Output;
  readonly #torrents: readonly SessionTorrent[];
  readonly #clock: Clock;
  readonly #told = new Set<string>();
  #timer: Disposable | null = null;

  constructor(output: Output, torrents: readonly SessionTorrent[], clock: Clock) {
    this.#output = output;
    this.#torrents = torrents;
    this.#clock = clock;
    this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #schedule(): void {
    this.#timer = this.#clock.after(INTERVAL, () => {
      for (const torrent of this.#torrents) this.#look(torrent);
      this.#schedule();
    });
  }

  #look(torrent: SessionTorrent): void {
    for (const source of torrent.status().sources) {
      const key = `${source.name} ${source.message}`;
      if (source.state !== 'failed' || this.#told.has(key)) continue;
      this.#told.add(key);
      this.#output.warn(escapeText(scrubSecrets(`${source.name}: ${source.message ?? 'failed'}`)));
    }
  }
}
