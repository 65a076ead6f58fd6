/** Notices when trackers of a torrent fail and recover. What it tells goes far, so it has no passkeys. */
import { scrubSecrets } from '../../../base/scrub-secrets.ts';
import type { EngineTracker } from '../engine-port.ts';
import type { EventSink } from '../events/event-history.ts';
import { newestAnswer } from './torrent-view-of.ts';

const none: ReadonlyMap<string, string> = new Map();

export class TrackerWatch {
  readonly #hash: string;
  readonly #events: EventSink;
  /** Trackers that failed last time, with what they said. */
  #failed = none;
  #seen = '';
  #warning: string | null = null;

  constructor(hash: string, events: EventSink) {
    this.#hash = hash;
    this.#events = events;
  }

  /** Which one says what, when all have failed, or one that answers warns; null: nothing. */
  get warning(): string | null {
    return this.#warning;
  }

  /** Returns whether there is anything new to see. */
  look(trackers: readonly EngineTracker[]): boolean {
    const failed = new Map<string, string>();
    for (const { url, state, message: words } of trackers) {
      const message = words === null ? null : scrubSecrets(words);
      // While it is asked again it is still what it was.
      const isFailed = state === 'failed' || (state === 'working' && this.#failed.has(url));
      if (isFailed) failed.set(url, message ?? this.#failed.get(url) ?? '');
      if (state === 'failed' && !this.#failed.has(url)) {
        const told = { url: scrubSecrets(url), message: message ?? '' };
        this.#events.emit('tracker.failed', { hash: this.#hash, ...told });
      }
      if (state === 'ok' && this.#failed.has(url)) {
        this.#events.emit('tracker.recovered', { hash: this.#hash, url: scrubSecrets(url) });
      }
    }
    this.#failed = failed.size > 0 ? failed : none;
    this.#warning = warningOf(trackers, failed);
    const facts = trackers.map(({ state, message, seeders, leechers }) => [state, message, seeders, leechers]);
    const seen = [newestAnswer(trackers)?.url, ...facts].join('\n');
    const isNew = seen !== this.#seen;
    this.#seen = seen;
    return isNew;
  }
}

/** `failed`: what each says that has, by its URL. */
function warningOf(trackers: readonly EngineTracker[], failed: ReadonlyMap<string, string>): string | null {
  const warns = trackers.find(({ state, message }) => state === 'ok' && message !== null);
  if (warns !== undefined) return `${scrubSecrets(warns.url)}: ${scrubSecrets(warns.message || 'no answer')}`;
  const [first] = failed;
  if (first === undefined || failed.size < trackers.length) return null;
  return `${scrubSecrets(first[0])}: ${scrubSecrets(first[1] || 'no answer')}`;
}
