/** A Redis server of Debian, in a folder of its own, that keeps nothing on disk. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './program.ts';

export class RedisServer implements AsyncDisposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'dst-redis-'));
  readonly #flags: readonly string[];
  #program: Program | null = null;

  private constructor(flags: readonly string[]) {
    this.#flags = flags;
  }

  /** Starts a server on a Unix socket; `flags` are added to its command line. */
  static async start(...flags: string[]): Promise<RedisServer> {
    const server = new RedisServer(flags);
    await server.startAgain();
    return server;
  }

  /** Its address for `--swarms`. */
  get url(): string {
    return `redis+unix://${this.#socket}`;
  }

  get #socket(): string {
    return join(this.#folder, 'redis.sock');
  }

  async startAgain(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const where = ['--port', '0', '--unixsocket', this.#socket, '--dir', this.#folder];
    this.#program = new Program(this.#folder, ['redis-server', ...where, '--save', '', ...this.#flags]);
    await this.#program.untilListening({ path: this.#socket });
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** It accepts connections and commands, and does nothing, until it is `resumed`. */
  pause(): void {
    this.#program?.child.kill('SIGSTOP');
  }

  resume(): void {
    this.#program?.child.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const program = this.#program;
    if (program === null || program.hasEnded) return;
    const isGone = once(program.child, 'exit');
    program.child.kill(signal);
    await isGone;
  }

  /** Runs one command on it; answers with its output. */
  command(...words: string[]): string {
    return execFileSync('redis-cli', ['-s', this.#socket, ...words], { encoding: 'utf8' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
