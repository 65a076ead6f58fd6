/** Our own tracker, run as an operator runs it. */
import { createInterface } from 'node:readline';
import { dstCommand } from '../support/dst-command.ts';
import { Program } from './program.ts';

/** What a tracker says of a swarm. */
export interface Counts {
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
}

export class DstTracker implements AsyncDisposable {
  /** Announce URLs, `http` and `udp` of each address. */
  readonly urls: readonly string[];
  readonly #program: Program;

  private constructor(program: Program, urls: readonly string[]) {
    this.#program = program;
    this.urls = urls;
  }

  /** Starts `dst tracker` with two threads in the empty folder `dir`. */
  static async start(dir: string, bind: readonly string[], port: number): Promise<DstTracker> {
    const where = bind.flatMap((ip) => ['--bind', ip]);
    const options = [...where, '--port', String(port), '--interval', '30', '--threads', '2', '--json'];
    const program = new Program(dir, [...dstCommand, 'tracker', ...options], { stdout: 'pipe' });
    let urls: readonly string[] | undefined;
    createInterface({ input: program.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string; urls?: string[] };
      if (event.event === 'listening') urls = event.urls;
    });
    await program.until('listening', () => urls !== undefined);
    return new DstTracker(program, urls ?? []);
  }

  /** What the tracker says of a swarm, by HTTP scrape; `infoHash` in hexadecimal. */
  async counts(infoHash: string): Promise<Counts> {
    const http = this.urls.find((url) => url.startsWith('http:')) as string;
    const answer = await fetch(http.replace('/announce', `/scrape?info_hash=${infoHash.replace(/../g, '%$&')}`));
    const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
    const [complete, downloaded, incomplete] = ['complete', 'downloaded', 'incomplete'].map((key) =>
      Number(new RegExp(`\\d:${key}i(\\d+)e`).exec(text)?.[1]),
    ) as [number, number, number];
    return { complete, incomplete, downloaded };
  }

  /** Resolves once the counts of a swarm are as wanted. */
  async waitFor(infoHash: string, isReached: (counts: Counts) => boolean, timeout: number): Promise<void> {
    let counts = await this.counts(infoHash);
    const look = async (): Promise<boolean> => {
      counts = await this.counts(infoHash);
      return isReached(counts);
    };
    await this.#program.until('at the counts that are waited for', look, timeout).catch((error: unknown) => {
      throw new Error(`the counts are ${JSON.stringify(counts)}`, { cause: error });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }
}
