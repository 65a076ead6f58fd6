/**
 * Typed, synchronous events for state changes (never for the hot path: owners call each other there).
 * A listener that throws is reported and never breaks the emitter or its other listeners.
 */
type Listener<T> = (payload: T) => void;

export interface ListenOptions {
  /** Aborting removes the listener. */
  readonly signal?: AbortSignal;
  readonly once?: boolean;
}

export class Events<EventMap extends object> {
  readonly #listeners = new Map<keyof EventMap, Set<Listener<never>>>();
  readonly #onListenerError: (error: unknown, event: string) => void;

  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Subscribes; the returned value unsubscribes when disposed. */
  on<K extends keyof EventMap>(name: K, listener: Listener<EventMap[K]>, options: ListenOptions = {}): Disposable {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    const remove = (): void => {
      set.delete(entry);
      options.signal?.removeEventListener('abort', remove);
    };
    const entry: Listener<EventMap[K]> = (payload) => {
      if (options.once === true) remove();
      listener(payload);
    };
    if (options.signal?.aborted !== true) {
      set.add(entry);
      options.signal?.addEventListener('abort', remove, { once: true });
    }
    return { [Symbol.dispose]: remove };
  }

  /** Calls the listeners that are there now, in the order in which they came, save those removed meanwhile. */
  emit<K extends keyof EventMap>(name: K, payload: EventMap[K]): void {
    const set = this.#listeners.get(name);
    if (set === undefined) return;
    for (const listener of Array.from(set)) {
      if (!set.has(listener)) continue;
      try {
        (listener as Listener<EventMap[K]>)(payload);
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
