/** A private PostgreSQL server in a folder of its own. It refuses to run as root, so it runs as `postgres`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Program } from './program.ts';
import { postgresqlFolder } from './setup.ts';

const AS_POSTGRES = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] as const;
/** Who may connect: everybody as `dst`, and as `guarded` with a password. */
const ACCESS = `
  local all all trust
  host all guarded all scram-sha-256
  host all all all trust
`;
/** The order of English, not of bytes: the server of somebody who did not think about it. */
const LOCALE = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en'];

export class Postgresql implements AsyncDisposable {
  readonly #folder: string;
  readonly #host: string;
  readonly #port: number;
  #program: Program | undefined;

  private constructor(folder: string, host: string, port: number) {
    this.#folder = folder;
    this.#host = host;
    this.#port = port;
  }

  /** Makes a server that listens at `host` and on a Unix socket. */
  static async start(host: string, port: number): Promise<Postgresql> {
    const folder = mkdtempSync(join(tmpdir(), 'dst-postgresql-'));
    execFileSync('chown', ['postgres:', folder]);
    const server = new Postgresql(folder, host, port);
    const set = ['-D', join(folder, 'data'), '-U', 'dst', '--auth=trust', '--no-sync', ...LOCALE];
    const [program, ...args] = [...AS_POSTGRES, join(postgresqlFolder() as string, 'initdb'), ...set];
    execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    writeFileSync(join(folder, 'data', 'pg_hba.conf'), ACCESS);
    mkdirSync(join(folder, 'log'));
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const settings = {
      listen_addresses: this.#host,
      port: this.#port,
      unix_socket_directories: this.#folder,
      fsync: 'off',
      deadlock_timeout: '20ms',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const postgres = join(postgresqlFolder() as string, 'postgres');
    this.#program = new Program(join(this.#folder, 'log'), [
      ...AS_POSTGRES,
      postgres,
      '-D',
      join(this.#folder, 'data'),
      ...flags,
    ]);
    await this.#program.until('ready', () => this.#isReady());
  }

  async stop(): Promise<void> {
    // Fast shutdown: it ends connections, which SIGTERM would wait for.
    this.#program?.child.kill('SIGINT');
    await this.#program?.until('stopped', () => this.#program?.hasEnded === true).catch(() => {});
    await this.#program?.stop();
  }

  /** Address of a database, by TCP; `user` may have a password behind a colon. */
  url(database: string = 'postgres', user: string = 'dst'): string {
    return `postgres://${user}@${this.#host}:${this.#port}/${database}`;
  }

  /** The same by the Unix socket. */
  socketUrl(): string {
    return `postgres://dst@/postgres?host=${encodeURIComponent(this.#folder)}&port=${this.#port}`;
  }

  /** Address of an empty schema within the one database. */
  async emptySchema(name: string): Promise<string> {
    await this.query(`create schema ${name}`);
    return `${this.url()}?options=${encodeURIComponent(`-c search_path=${name}`)}`;
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url());
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isReady(): Promise<boolean> {
    try {
      await this.query('select 1');
      return true;
    } catch {
      return false;
    }
  }
}
