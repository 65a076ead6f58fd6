/** What is looked after, and what is wrong with it. */
import type { HealthChecks } from '../client.ts';
import type { EventSink } from '../events/event-history.ts';

export class HealthBoard {
  readonly #events: EventSink;
  readonly #checks = new Map<string, string | null>();

  constructor(events: EventSink) {
    this.#events = events;
  }

  get checks(): HealthChecks {
    return Object.fromEntries(this.#checks);
  }

  /** `problem`: in words; null: nothing is wrong. Changes of words alone are not told. */
  set(check: string, problem: string | null): void {
    const before = this.#checks.get(check) ?? null;
    this.#checks.set(check, problem);
    if ((before === null) !== (problem === null)) this.#events.emit('health.changed', { check, problem });
  }
}
