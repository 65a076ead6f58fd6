/** A signal that aborts with the outer one, or with TRACKER_TIMEOUT after a while. Dispose it when the work is done. */
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { trackerError } from './errors.ts';

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export function deadline(clock: Clock, timeout: Millis, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const end = (): void => {
    timer[Symbol.dispose]();
    outer?.removeEventListener('abort', onAbort);
  };
  const onAbort = (): void => {
    end();
    controller.abort(outer?.reason);
  };
  const timer = clock.after(timeout, () => {
    end();
    controller.abort(trackerError('TRACKER_TIMEOUT', `no answer within ${Math.round(timeout / 1000)} s`));
  });
  outer?.addEventListener('abort', onAbort, { once: true });
  if (outer?.aborted === true) onAbort();
  return { signal: controller.signal, [Symbol.dispose]: end };
}

/** The outcome of `promise`, or the reason of the signal as soon as that aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
