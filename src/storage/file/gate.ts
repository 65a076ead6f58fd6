/** Many operations at a time, or one that must be alone (moving files, rewriting the journal). */
export class Gate {
  #running = 0;
  #closed: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;

  /** Runs `fn` beside others, but never beside an exclusive one. */
  async shared<T>(fn: () => Promise<T>): Promise<T> {
    while (this.#closed !== null) await this.#closed;
    this.#running++;
    try {
      return await fn();
    } finally {
      if (--this.#running === 0) this.#onIdle?.();
    }
  }

  /** Waits for what is under way, keeps new calls waiting, runs `fn` alone. */
  async exclusive<T>(fn: () => Promise<T>): Promise<T> {
    while (this.#closed !== null) await this.#closed;
    let reopen = (): void => {};
    this.#closed = new Promise((resolve) => {
      reopen = resolve;
    });
    try {
      if (this.#running > 0) {
        await new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        });
      }
      this.#onIdle = null;
      return await fn();
    } finally {
      this.#closed = null;
      reopen();
    }
  }
}
