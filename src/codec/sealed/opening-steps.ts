/** The steps in which a file is opened: after one that failed there is no other (docs/spec/dst.md §7), nor after the end. */
export class OpeningSteps {
  readonly #forgetKey: () => void;
  /** Why there is no step any more. */
  #end: Error | null = null;

  constructor(forgetKey: () => void) {
    this.#forgetKey = forgetKey;
  }

  /** Throws what the step throws, or an earlier one has thrown. */
  run<T>(step: () => T): T {
    if (this.#end !== null) throw this.#end;
    try {
      return step();
    } catch (error) {
      this.close(error as Error);
      throw error;
    }
  }

  close(why: Error = new Error('the file was closed')): void {
    this.#end ??= why;
    this.#forgetKey();
  }
}
