/**
 * What every BitTorrent client looks like to the interop tests, and the child process that most of them are.
 * One object is one running client with one torrent, as seeder or as downloader.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a client lives: a folder for its own files, and the address it listens on. */
export interface Place {
  readonly dir: string;
  readonly ip: string;
  readonly port: number;
}

/** A client under test, ours or a real one. Every call rejects, with the tail of the client's log, when it ends or takes too long. */
export interface Client {
  readonly name: string;
  /** Starts the client; resolves once it can be told what to do. */
  start(place: Place): Promise<void>;
  /** Serves a torrent whose content is below `contentDir`; resolves once all of it is checked and served. */
  seed(torrentFile: string, contentDir: string): Promise<void>;
  /**
   * Begins to download a torrent file or a magnet link into `dir`. `peers` are "ip:port" strings;
   * a client that cannot be told a peer finds them through the torrent's tracker.
   */
  download(target: string, dir: string, peers: readonly string[]): Promise<void>;
  /** Resolves once everything is downloaded and verified. `timeout` in milliseconds. */
  waitComplete(timeout: number): Promise<void>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 3_000;

/** A child process whose output goes to a log file that error messages quote. */
export class Program {
  readonly child: ChildProcess;
  readonly #command: string;
  readonly #log: string;

  /** Starts `command` in `dir`, which is its home folder too, so that no settings of this machine reach it. */
  constructor(dir: string, command: readonly string[], stdio: { stdin?: 'pipe'; stdout?: 'pipe' } = {}) {
    this.#command = command[0] as string;
    this.#log = join(dir, 'client.log');
    const log = openSync(this.#log, 'w');
    const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir, XDG_STATE_HOME: dir, NODE_TEST_CONTEXT: undefined };
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
  async until(what: string, condition: () => boolean | Promise<boolean>, timeout: number = START_TIMEOUT_MS): Promise<void> {
    const end = performance.now() + timeout;
    while (!(await condition())) {
      if (this.hasEnded) throw this.failure(`ended before ${what}`);
      if (performance.now() > end) throw this.failure(`not ${what} after ${timeout} ms`);
      await sleep(50);
    }
  }

  /** Resolves once something accepts TCP connections there. */
  async untilListening(ip: string, port: number): Promise<void> {
    await this.until(`listening on ${ip}:${port}`, () => accepts(ip, port));
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

function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port }, () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
