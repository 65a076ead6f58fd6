/**
 * Ctrl-C and its kin. The first one aborts a signal, so that a command can say goodbye to trackers and flush; the
 * second ends the process at once. Nothing is caught before a command asks for the signal.
 */
import { ExitCode } from './exit-codes.ts';

const exitCodes: ReadonlyMap<NodeJS.Signals, number> = new Map([
  ['SIGINT', ExitCode.interrupted],
  ['SIGTERM', ExitCode.terminated],
  ['SIGHUP', ExitCode.hangup],
]);

export class StopSignals {
  readonly #controller = new AbortController();
  readonly #onFirst: (name: NodeJS.Signals) => void;
  #isInstalled = false;
  #exitCode: number | null = null;
  #reload: (() => void) | null = null;

  /** `onFirst` tells the user that the command is stopping. */
  constructor(onFirst: (name: NodeJS.Signals) => void) {
    this.#onFirst = onFirst;
  }

  /** Asking for it takes over the signals. */
  get signal(): AbortSignal {
    if (!this.#isInstalled) {
      this.#isInstalled = true;
      for (const [name, code] of exitCodes) process.on(name, () => this.#receive(name, code));
    }
    return this.#controller.signal;
  }

  /**
   * A service reads its configuration again when it gets SIGHUP; on a terminal that signal means that the terminal is
   * gone, and ends it as any other command.
   */
  onReload(reload: () => void): void {
    if (!process.stdin.isTTY) this.#reload = reload;
  }

  /** The exit code that the stop asks for; null when nobody has stopped the command. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Stops the command for a reason other than a signal, with the exit code that it shall have. */
  stop(exitCode: number): void {
    this.#exitCode ??= exitCode;
    this.#controller.abort();
  }

  #receive(name: NodeJS.Signals, code: number): void {
    if (name === 'SIGHUP' && this.#reload !== null) {
      this.#reload();
      return;
    }
    if (this.#exitCode !== null) process.exit(code);
    this.#onFirst(name);
    this.stop(code);
  }
}
