/** aria2, driven over its JSON-RPC. It cannot be told a peer: the tracker names them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Encryption, Place } from '../client.ts';
import { Program } from '../program.ts';

export class Aria2 implements Client {
  readonly name = 'aria2';
  readonly #encryption: Encryption;
  #program: Program | undefined;
  #rpc = '';
  #download = '';

  /** Plaintext is its default: it dials so, and takes both. */
  constructor(encryption?: Exclude<Encryption, 'plaintext'>) {
    this.#encryption = encryption;
  }

  async start({ dir, ip, port }: Place): Promise<void> {
    const rpcPort = port + 1_000;
    const options = {
      'enable-rpc': true,
      'rpc-listen-port': rpcPort,
      'listen-port': port,
      interface: ip,
      'disable-ipv6': !ip.includes(':'),
      // aria2 speaks to UDP trackers only while its DHT runs; nobody else is there to be found by it.
      'enable-dht': true,
      'dht-listen-port': port,
      'dht-file-path': join(dir, 'dht.dat'),
      'enable-dht6': false,
      'bt-enable-lpd': false,
      'seed-ratio': '0.0',
      'file-allocation': 'none',
      'summary-interval': 0,
      ...(this.#encryption === 'required' && { 'bt-require-crypto': true, 'bt-min-crypto-level': 'arc4' }),
    };
    const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    this.#rpc = `http://127.0.0.1:${rpcPort}/jsonrpc`;
    this.#program = new Program(dir, ['aria2c', '--no-conf', ...flags]);
    await this.#program.untilListening({ host: '127.0.0.1', port: rpcPort });
  }

  async seed(torrentFile: string, contentDir: string): Promise<void> {
    await this.#add(torrentFile, { dir: contentDir, 'check-integrity': 'true' });
    await this.waitComplete(180_000);
  }

  async download(target: string, dir: string): Promise<void> {
    await this.#add(target, { dir });
  }

  async waitComplete(timeout: number): Promise<void> {
    await this.#program?.until('complete', () => this.#isComplete(), timeout);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async #add(torrentFile: string, options: object): Promise<void> {
    this.#download = (await this.#call(
      'addTorrent',
      readFileSync(torrentFile).toString('base64'),
      [],
      options,
    )) as string;
  }

  async #isComplete(): Promise<boolean> {
    const status = (await this.#call('tellStatus', this.#download, ['status', 'seeder', 'errorMessage'])) as {
      status: string;
      seeder?: string;
      errorMessage?: string;
    };
    if (status.status === 'error') throw new Error(`aria2 gave up: ${status.errorMessage}`);
    return status.seeder === 'true' || status.status === 'complete';
  }

  async #call(method: string, ...params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `aria2.${method}`, params });
    const reply = (await (await fetch(this.#rpc, { method: 'POST', body })).json()) as {
      result?: unknown;
      error?: { message: string };
    };
    if (reply.error) throw new Error(`aria2 refused ${method}: ${reply.error.message}`);
    return reply.result;
  }
}
