/** Calls that are not in use. A store that answers at once needs just one. */
import { AnnounceCall } from './swarm-store.ts';

export class CallPool {
  readonly #free: AnnounceCall[] = [];

  take(): AnnounceCall {
    return this.#free.pop() ?? new AnnounceCall();
  }

  give(call: AnnounceCall): void {
    this.#free.push(call);
  }
}
