/** What a program is made of, in the order in which it starts; it stops in reverse, and nobody can hold up the end. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Millis } from '../../base/units.ts';

interface Running {
  readonly name: string;
  readonly service: AsyncDisposable | Disposable;
  readonly deadline: Millis;
}

export class Services implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #running: Running[] = [];

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Starts a service; `deadline`: how long it may take to stop, ms. */
  async start<T extends AsyncDisposable | Disposable>(
    name: string,
    deadline: Millis,
    open: () => T | Promise<T>,
  ): Promise<T> {
    const begun = this.#clock.now();
    const service = await open();
    this.#running.push({ name, service, deadline });
    this.#logger.debug('started', { service: name, ms: Math.round(this.#clock.now() - begun) });
    return service;
  }

  /** Stops all, the last first. What fails or is late is logged, and the others are stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let one = this.#running.pop(); one !== undefined; one = this.#running.pop()) await this.#stop(one);
  }

  async #stop({ name, service, deadline }: Running): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    using _deadline = this.#clock.after(deadline, () => late.resolve('late'));
    try {
      const outcome = await Promise.race([dispose(service), late.promise]);
      if (outcome === 'late') this.#logger.error('a service did not stop in time', { service: name, ms: deadline });
      else this.#logger.debug('stopped', { service: name });
    } catch (error) {
      this.#logger.error('a service failed while stopping', { service: name, error: messageOf(error) });
    }
  }
}

async function dispose(service: AsyncDisposable | Disposable): Promise<void> {
  if (Symbol.asyncDispose in service) await service[Symbol.asyncDispose]();
  else service[Symbol.dispose]();
}
