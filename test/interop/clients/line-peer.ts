/** A client that is a script of ours around a library: JSON lines tell it what to do, JSON lines tell how it goes. */
import { createInterface } from 'node:readline';
import type { Client, Place } from '../client.ts';
import { Program } from '../program.ts';

export class LinePeer implements Client {
  readonly name: string;
  readonly #command: readonly string[];
  readonly #events = new Set<string>();
  #program: Program | undefined;

  /** `command` starts the script; the address and the port to listen on are appended. */
  constructor(name: string, command: readonly string[]) {
    this.name = name;
    this.#command = command;
  }

  async start({ dir, ip, port }: Place): Promise<void> {
    const program = new Program(dir, [...this.#command, ip, String(port)], { stdin: 'pipe', stdout: 'pipe' });
    this.#program = program;
    createInterface({ input: program.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.startsWith('{')) this.#events.add((JSON.parse(line) as { event: string }).event);
    });
    await program.until('listening', () => this.#events.has('listening'));
  }

  async seed(torrentFile: string, contentDir: string): Promise<void> {
    await this.download(torrentFile, contentDir, []);
    await this.waitComplete(180_000);
  }

  async download(target: string, dir: string, peers: readonly string[]): Promise<void> {
    this.#program?.child.stdin?.write(`${JSON.stringify({ target, dir, peers })}\n`);
  }

  async waitComplete(timeout: number): Promise<void> {
    await this.#program?.until('complete', () => this.#events.has('complete'), timeout);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}
