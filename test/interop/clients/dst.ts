/** Our own client, driven as a user drives it: the command line as a child process, with its NDJSON events on stdout. */
import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Client, Place } from '../client.ts';
import { dstCommand } from '../../support/dst-command.ts';
import { Program } from '../program.ts';

/** Runs one `dst` command to its end; returns its stdout. Throws on any exit status but 0. */
export function dst(...args: string[]): string {
  const [program, script] = dstCommand;
  return execFileSync(program, [script, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export class Dst implements Client {
  readonly name = 'dst';
  readonly #options: readonly string[];
  readonly #events = new Set<string>();
  #place: Place | undefined;
  #program: Program | undefined;

  /** `options` are added to the command that seeds or downloads. */
  constructor(...options: string[]) {
    this.#options = options;
  }

  async start(place: Place): Promise<void> {
    this.#place = place;
  }

  async seed(torrentFile: string, contentDir: string): Promise<void> {
    const program = this.#run('seed', torrentFile, '--data', contentDir, ...this.#options);
    await program.until('seeding', () => this.#events.has('seeding'));
  }

  async download(target: string, dir: string, peers: readonly string[]): Promise<void> {
    const peerOptions = peers.flatMap((peer) => ['--peer', peer]);
    this.#run('download', target, '-o', dir, '--no-seed', ...peerOptions, ...this.#options);
  }

  /** Complete is what the exit status says: 0 means that all selected data is verified. */
  async waitComplete(timeout: number): Promise<void> {
    const program = this.#program;
    await program?.until('complete', () => program.child.exitCode === 0, timeout);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  #run(...args: string[]): Program {
    const { dir, ip, port } = this.#place as Place;
    const command = [...dstCommand, ...args, '--bind', ip, '--port', String(port), '--json'];
    const program = new Program(dir, command, { stdout: 'pipe' });
    createInterface({ input: program.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#events.add((JSON.parse(line) as { event: string }).event);
    });
    this.#program = program;
    return program;
  }
}
