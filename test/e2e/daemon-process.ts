/** A real daemon in a folder of its own, and what tests ask of it. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonClient, type DaemonRequest } from '../../src/cli/daemon/daemon-client.ts';
import { type CliOptions, DstRun } from './cli-process.ts';

/** Longest wait for something that will come, ms. */
const PATIENCE_MS = 180_000;

export interface DaemonOptions {
  /** Further flags of `dst daemon`. */
  readonly flags?: readonly string[];
  /** Whether a flag says where downloads go, which nobody changes then; else a configuration file has to. */
  readonly fixesDownloads?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly within?: CliOptions['within'];
}

interface Listening {
  readonly urls: readonly string[];
  readonly socket: string;
  readonly firstUser?: { readonly name: string; readonly password: string };
  readonly recovered: string | null;
}

/** What `dst add`-like calls are answered with. */
export interface TorrentJson {
  readonly id: number;
  readonly hash: string;
  readonly name: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

export class DaemonProcess implements AsyncDisposable {
  readonly run: DstRun;
  readonly folder: string;
  readonly listening: Listening;
  readonly client: DaemonClient;

  private constructor(run: DstRun, folder: string, listening: Listening) {
    this.run = run;
    this.folder = folder;
    this.listening = listening;
    this.client = new DaemonClient({ socket: listening.socket });
  }

  /** Starts in the folder, with what an earlier one has left there. Downloads go to `downloads` in it. */
  static async start(folder: string, options: DaemonOptions = {}): Promise<DaemonProcess> {
    await mkdir(join(folder, 'downloads'), { recursive: true });
    const run = DaemonProcess.spawn(folder, options);
    const listening = (await run.event('listening')) as unknown as Listening;
    return new DaemonProcess(run, folder, listening);
  }

  /** The process alone: it may not come as far as to serve. */
  static spawn(folder: string, { flags = [], fixesDownloads = true, env = {}, within }: DaemonOptions = {}): DstRun {
    const downloads = fixesDownloads ? ['--downloads', join(folder, 'downloads')] : [];
    const args = [
      'daemon',
      ...downloads,
      '--data',
      join(folder, 'data'),
      '--socket',
      join(folder, 'dst.sock'),
      '--port',
      '0',
      '--api-port',
      '0',
      ...flags,
    ];
    return new DstRun(args, {
      cwd: folder,
      env: {
        XDG_CONFIG_HOME: join(folder, 'config'),
        // Its trackers and peers are on this machine.
        DST_API_PRIVATE_RANGES: '127.0.0.0/8,::1/128',
        ...env,
      },
      ...(within !== undefined && { within }),
    });
  }

  get url(): string {
    return this.listening.urls[0] as string;
  }

  get downloads(): string {
    return join(this.folder, 'downloads');
  }

  /** Name and password of the first user. */
  get login(): { readonly name: string; readonly password: string } {
    assert.ok(this.listening.firstUser !== undefined, 'the first user was made by an earlier daemon');
    return this.listening.firstUser;
  }

  api<T>(path: string, request?: DaemonRequest): Promise<T> {
    return this.client.call<T>(path, request);
  }

  /** Where its peers reach it on this machine. */
  async peerAddress(): Promise<string> {
    const { listening } = await this.api<{ listening: readonly string[] }>('/stats');
    return `127.0.0.1:${listening[0]?.split(':').at(-1)}`;
  }

  async torrents(): Promise<readonly TorrentJson[]> {
    return (await this.api<{ torrents: readonly TorrentJson[] }>('/torrents')).torrents;
  }

  /** Asks until the answer is as wanted; fails with the last one. */
  async until<T>(
    what: string,
    ask: () => Promise<T>,
    isWanted: (answer: T) => boolean,
    patience: number = PATIENCE_MS,
  ): Promise<T> {
    const end = performance.now() + patience;
    for (;;) {
      const answer = await ask();
      if (isWanted(answer)) return answer;
      if (performance.now() > end) assert.fail(`not ${what}: ${JSON.stringify(answer)}\n${this.run.stderr}`);
      await sleep(50);
    }
  }

  async untilState(hash: string, state: string): Promise<TorrentJson> {
    const ask = (): Promise<TorrentJson> => this.api<TorrentJson>(`/torrents/${hash}`);
    return await this.until(state, ask, (torrent) => torrent.state === state);
  }

  /** Waits for words of its log, which is written when there is time: what it answers may be there before. */
  async untilLogged(words: RegExp): Promise<void> {
    await this.until(
      `logged ${words}`,
      async () => this.run.stderr,
      (log) => words.test(log),
    );
  }

  /** Waits until it was looked at what there is of a torrent that rests. */
  async untilDone(hash: string): Promise<TorrentJson> {
    const ask = (): Promise<TorrentJson> => this.api<TorrentJson>(`/torrents/${hash}`);
    return await this.until('some of its data is there', ask, ({ done }) => Number(done) > 0);
  }

  /** Ends it as a service manager does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.run.child.kill('SIGTERM');
    return await this.run.end();
  }

  /** Ends it as a power cut of the process does. */
  async kill(): Promise<void> {
    this.run.child.kill('SIGKILL');
    await this.run.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run[Symbol.asyncDispose]();
  }
}
