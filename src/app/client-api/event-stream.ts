/**
 * Events to one listener, as server-sent events (HTML Standard, 9.2). There is no queue for who takes them slowly: while
 * its connection is full nothing is written, and then it goes on in the log where it stopped. What the log has forgotten
 * meanwhile of what is wanted is said to be missing (`event: gap`).
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import type { ClientEvent, EventLog } from '../client/index.ts';

/** Proxies close what is silent for a minute; and so is noticed that a listener has gone, or may listen no more. */
const HEARTBEAT: Millis = 15_000;
/** When a browser is to try again, ms. */
const RETRY: Millis = 3000;

export interface EventStreamOptions {
  readonly events: EventLog;
  readonly clock: Pick<Clock, 'after'>;
  /** Id of the last event that the listener knows. */
  readonly from: number;
  readonly wants: (name: ClientEvent['name']) => boolean;
  /** Whether the listener may still listen. */
  readonly isAllowed: () => boolean;
}

export class EventStream {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #listening: Disposable;
  #last: number;
  #isFull = false;
  #heartbeat: Disposable | null = null;

  /** Writes to a response whose head is out. */
  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#last = options.from;
    this.#listening = options.events.on(() => this.#write());
    response.on('drain', () => {
      this.#isFull = false;
      this.#write();
    });
    response.once('close', () => this.#stop());
    this.#send(`retry: ${RETRY}\n\n`);
    this.#beat();
    this.#write();
  }

  end(): void {
    this.#stop();
    this.#response.end();
  }

  #write(): void {
    if (this.#isFull) return;
    const { events, isGap } = this.#options.events.since(this.#last, this.#options.wants);
    if (isGap) {
      this.#last = (events[0]?.id ?? this.#options.events.last + 1) - 1;
      this.#send(`id: ${this.#last}\nevent: gap\ndata: {}\n\n`);
    }
    for (const event of events) {
      if (this.#isFull) return;
      if (!this.#options.isAllowed()) {
        this.end();
        return;
      }
      this.#last = event.id;
      // JSON has no line breaks of its own.
      if (this.#options.wants(event.name)) {
        this.#send(
          `id: ${event.id}\nevent: ${event.name}\ndata: ${JSON.stringify({ at: event.at, ...event.data })}\n\n`,
        );
      }
    }
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT, () => {
      if (!this.#options.isAllowed()) {
        this.end();
        return;
      }
      // An id without data is no event, but the browser remembers it: who wants few events need not hear old ones again.
      if (!this.#isFull) this.#send(`id: ${this.#last}\n\n`);
      this.#beat();
    });
  }

  #send(text: string): void {
    this.#isFull = !this.#response.write(text);
  }

  #stop(): void {
    this.#listening[Symbol.dispose]();
    this.#heartbeat?.[Symbol.dispose]();
  }
}
