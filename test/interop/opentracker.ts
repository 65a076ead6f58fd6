/**
 * opentracker, a real tracker that answers over HTTP and UDP on one port number.
 * Debian's build serves listed info hashes only, and as root it insists on becoming another user.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';

export class Opentracker implements AsyncDisposable {
  readonly #program: Program;
  readonly #scrapeUrl: string;

  private constructor(program: Program, scrapeUrl: string) {
    this.#program = program;
    this.#scrapeUrl = scrapeUrl;
  }

  /** Starts it in the empty folder `dir`, for the torrents with these info hashes (40 hexadecimal digits each). */
  static async start(dir: string, ip: string, port: number, ...infoHashes: readonly string[]): Promise<Opentracker> {
    writeFileSync(join(dir, 'whitelist.txt'), infoHashes.map((infoHash) => `${infoHash}\n`).join(''));
    chmodSync(dir, 0o755);
    const listen = ['-i', ip, '-p', String(port), '-P', String(port)];
    const program = new Program(dir, ['opentracker', ...listen, '-d', dir, '-u', 'nobody', '-w', 'whitelist.txt']);
    await program.untilListening({ host: ip, port });
    const escaped = (infoHashes[0] as string).replace(/../g, '%$&');
    return new Opentracker(program, `http://${ip}:${port}/scrape?info_hash=${escaped}`);
  }

  /** Resolves once the tracker knows a complete peer of the first torrent. */
  async waitForSeeder(timeout: number): Promise<void> {
    const hasSeeder = async () => {
      const answer = await (await fetch(this.#scrapeUrl)).text();
      return Number(/8:completei(\d+)e/.exec(answer)?.[1]) > 0;
    };
    await this.#program.until('told of a seeder', hasSeeder, timeout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }
}
