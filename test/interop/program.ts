/** A child process that a test starts, waits for and ends: every wait is bounded, and errors quote its log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 3_000;

export class Program {
  readonly child: ChildProcess;
  readonly #command: string;
  readonly #log: string;

  /** Starts `command` in `dir`, which is its home folder too, so that no settings of this machine reach it. */
  constructor(dir: string, command: readonly string[], stdio: { stdin?: 'pipe'; stdout?: 'pipe' } = {}) {
    this.#command = command[0] as string;
    this.#log = join(dir, 'client.log');
    const log = openSync(this.#log, 'w');
    const home = { HOME: dir, XDG_CONFIG_HOME: dir, XDG_STATE_HOME: dir };
    // Where no locale is set, qBittorrent writes question marks for letters beyond ASCII.
    const env = { ...process.env, ...home, LC_ALL: 'C.UTF-8', NODE_TEST_CONTEXT: undefined };
    this.child = spawn(this.#command, command.slice(1), {
      cwd: dir,
      env,
      stdio: [stdio.stdin ?? 'ignore', stdio.stdout ?? log, log],
    });
    this.child.on('error', () => {});
    closeSync(log);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined;
  }

  /** An error that says what went wrong and ends with the log's last lines. */
  failure(what: string): Error {
    const log = readFileSync(this.#log, 'utf8').slice(-2_000);
    return new Error(`${this.#command}: ${what} (exit status ${this.child.exitCode}); its log ends with:\n${log}`);
  }

  /** Asks `condition` until it says true. Rejects when the program ends or `timeout` milliseconds have passed. */
  async until(
    what: string,
    condition: () => boolean | Promise<boolean>,
    timeout: number = START_TIMEOUT_MS,
  ): Promise<void> {
    const end = performance.now() + timeout;
    while (!(await condition())) {
      if (this.hasEnded) throw this.failure(`ended before ${what}`);
      if (performance.now() > end) throw this.failure(`not ${what} after ${timeout} ms`);
      await sleep(50);
    }
  }

  /** Resolves once something accepts connections at a TCP address or a Unix socket's path. */
  async untilListening(address: { host: string; port: number } | { path: string }): Promise<void> {
    await this.until(`listening on ${Object.values(address).join(':')}`, () => accepts(address));
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(timer);
  }
}

function accepts(address: NetConnectOpts): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(address, () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
