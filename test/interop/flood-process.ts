/** Flood, the web client that many people put before their torrent client, as a process of its own without accounts. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DaemonProcess } from '../e2e/daemon-process.ts';

const PROGRAM = join(import.meta.dirname, '../../node_modules/flood/dist/index.js');

/** Names of the daemon's APIs, and how it is told to speak them. */
export const floodApis: Readonly<Record<string, (daemon: DaemonProcess) => readonly string[]>> = {
  'Transmission’s RPC': ({ url, login: { name, password } }) => {
    return ['--trurl', `${url}/transmission/rpc`, '--truser', name, '--trpass', password];
  },
  'qBittorrent’s WebAPI': ({ url, login: { name, password } }) => {
    return ['--qburl', url, '--qbuser', name, '--qbpass', password];
  },
};

export class FloodProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Keeps its own files in `folder`. */
  static async start(folder: string, client: readonly string[]): Promise<FloodProcess> {
    const args = [PROGRAM, '--auth', 'none', '--rundir', folder, '--port', '0', ...client];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
      if (url === undefined) continue;
      // It logs each request; a full pipe would stop it.
      child.stdout.resume();
      return new FloodProcess(child, url);
    }
    return assert.fail(`Flood has not started: ${said.join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
