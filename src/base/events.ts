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

export class Events<Map extends object> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<Listener<never>>>();
  readonly #onListenerError: (error: unknown, event: string) => void;

  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Subscribes; the returned value unsubscribes when disposed. */
  on<K extends keyof Map>(name: K, listener: Listener<Map[K]>, options: ListenOptions = {}): Disposable {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    const remove = (): void => {
      set.delete(entry);
      options.signal?.removeEventListener('abort', remove);
    };
    const entry: Listener<Map[K]> = (payload) => {
      if (options.once === true) remove();
      listener(payload);
    };
    if (options.signal?.aborted !== true) {
      set.add(entry);
      options.signal?.addEventListener('abort', remove, { once: true });
    }
    return { [Symbol.dispose]: remove };
  }

  emit<K extends keyof Map>(name: K, payload: Map[K]): void {
    const set = this.#listeners.get(name);
    if (set === undefined) return;
    for (const listener of [...set]) {
      try {
        (listener as Listener<Map[K]>)(payload);
      } catch (error) {
        this.#onListenerError(error, String(name));
      }
    }
  }

  /** Resolves with the next payload of `name`; rejects when the signal aborts first. */
  next<K extends keyof Map>(name: K, signal?: AbortSignal): Promise<Map[K]> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        subscription[Symbol.dispose]();
        reject(signal?.reason as Error);
      };
      const subscription = this.on(name, (payload) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(payload);
      }, { once: true });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
