/** The API of a daemon that is only memory, behind a socket and a port, for commands that speak to one. */
import { join } from 'node:path';
import { ClientServer } from '../../src/app/client-api/server.ts';
import type { Access } from '../../src/app/access/index.ts';
import { addressKey } from '../../src/base/address.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemRandom } from '../../src/base/random.ts';
import { FakeClient } from '../support/fake-client.ts';
import { memoryAccess } from '../support/memory-access.ts';
import { assertFails, type CliOptions, type CliResult, dst, DstRun, dstJson, scratchFolder } from './cli-process.ts';

export class FakeDaemon implements AsyncDisposable {
  readonly client: FakeClient;
  readonly access: Access;
  /** Where commands run. */
  readonly cwd: string;
  readonly socket: string;
  readonly #server: ClientServer;
  readonly #folder: AsyncDisposable;

  private constructor(
    client: FakeClient,
    access: Access,
    server: ClientServer,
    folder: AsyncDisposable & { readonly path: string },
  ) {
    this.client = client;
    this.access = access;
    this.#server = server;
    this.#folder = folder;
    this.cwd = folder.path;
    this.socket = join(folder.path, 'dst.sock');
  }

  /** `config`: what differs from the defaults. */
  static async start(config: Record<string, unknown> = {}): Promise<FakeDaemon> {
    const folder = await scratchFolder();
    const client = new FakeClient({ config, roots: ['/downloads', '/media', folder.path] });
    client.settings.places = { file: join(folder.path, 'config.toml'), data: join(folder.path, 'data') };
    const { access } = await memoryAccess();
    const server = await ClientServer.listen(
      { bind: ['127.0.0.1'], port: 0, socket: join(folder.path, 'dst.sock'), certificate: null },
      { client, access, clock: systemClock, logger: silentLogger, random: systemRandom, hostNames: () => [] },
    );
    return new FakeDaemon(client, access, server, folder);
  }

  get url(): string {
    const [address] = this.#server.addresses;
    return `http://${address === undefined ? '' : addressKey(address)}`;
  }

  #options(options: CliOptions): CliOptions {
    return { cwd: this.cwd, ...options, env: { DST_SOCKET: this.socket, ...options.env } };
  }

  run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return dst(args, this.#options(options));
  }

  /** Runs a command and expects success; what it has printed. */
  async text(args: readonly string[], options: CliOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`dst ${args.join(' ')}: ${code}\n${stderr}`);
    return stdout;
  }

  json<T>(args: readonly string[], options: CliOptions = {}): Promise<T> {
    return dstJson<T>(args, this.#options(options));
  }

  fails(args: readonly string[], exitCode: number, code: string, options: CliOptions = {}): Promise<CliResult> {
    return assertFails(args, exitCode, code, this.#options(options));
  }

  follow(args: readonly string[], options: CliOptions = {}): DstRun {
    return new DstRun(args, this.#options(options));
  }

  /** Ends, as a daemon that is stopped. */
  stop(): Promise<void> {
    return this.#server.close(1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}
