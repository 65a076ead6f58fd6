/**
 * Typed, synchronous events for state changes (never for the hot path: owners call each other there).
 * A listener that throws is reported and never breaks the emitter or its other listeners.
 */
type Listener<T> = (payload: T) => void;

/** Name and payload of an event, of any. */
export type EventOf<EventMap> = { [K in keyof EventMap]: [name: K, payload: EventMap[K]] }[keyof EventMap];

export interface ListenOptions {
  /** Aborting removes the listener. */
  readonly signal?: AbortSignal;
  readonly once?: boolean;
}

/** One listener for one event. */
class Subscription implements Disposable {
  /** Null: every event. */
  readonly name: PropertyKey | null;
  readonly listener: (...words: never) => void;
  readonly isOnce: boolean;
  readonly #all: Subscription[];
  readonly #signal: AbortSignal | undefined;

  /** It adds itself to `all`, unless the signal has aborted. */
  constructor(
    name: PropertyKey | null,
    listener: (...words: never) => void,
    { once = false, signal }: ListenOptions,
    all: Subscription[],
  ) {
    this.name = name;
    this.listener = listener;
    this.isOnce = once;
    this.#all = all;
    this.#signal = signal;
    if (signal?.aborted === true) return;
    all.push(this);
    signal?.addEventListener('abort', this, { once: true });
  }

  handleEvent(): void {
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    const at = this.#all.indexOf(this);
    if (at >= 0) this.#all.splice(at, 1);
    this.#signal?.removeEventListener('abort', this);
  }
}

export class Events<EventMap extends object> {
  /** Of all events, in the order in which they came: an object has few listeners, but there are thousands of objects. */
  #subscriptions: Subscription[] | null = null;
  readonly #onListenerError: (error: unknown, event: string) => void;

  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Subscribes; the returned value unsubscribes when disposed. */
  on<K extends keyof EventMap>(name: K, listener: Listener<EventMap[K]>, options: ListenOptions = {}): Disposable {
    this.#subscriptions ??= [];
    return new Subscription(name, listener, options, this.#subscriptions);
  }

  /** Subscribes to every event: one listener for all takes an eighth of the memory of eight. */
  onEvery(listener: (...event: EventOf<EventMap>) => void): Disposable {
    this.#subscriptions ??= [];
    return new Subscription(null, listener, {}, this.#subscriptions);
  }

  /** Calls the listeners that are there now, in the order in which they came, save those removed meanwhile. */
  emit<K extends keyof EventMap>(name: K, payload: EventMap[K]): void {
    const all = this.#subscriptions;
    if (all === null) return;
    for (const subscription of all.filter((other) => other.name === name || other.name === null)) {
      if (!all.includes(subscription)) continue;
      if (subscription.isOnce) subscription[Symbol.dispose]();
      try {
        if (subscription.name === null)
          (subscription.listener as (name: K, payload: EventMap[K]) => void)(name, payload);
        else (subscription.listener as Listener<EventMap[K]>)(payload);
      } catch (error) {
        this.#onListenerError(error, String(name));
      }
    }
  }

  /** Resolves with the next payload of `name`; rejects when the signal aborts first. */
  next<K extends keyof EventMap>(name: K, signal?: AbortSignal): Promise<EventMap[K]> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        subscription[Symbol.dispose]();
        reject(signal?.reason as Error);
      };
      const subscription = this.on(
        name,
        (payload) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(payload);
        },
        { once: true },
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
