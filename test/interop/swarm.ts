/** One test's swarm: a scratch folder, a tracker, and clients each with a folder and an address of its own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { ADDRESSES } from './namespace.ts';
import { TestTracker } from './test-tracker.ts';

const TRACKER_PORT = 6969;
const FIRST_PEER_PORT = 20_001;
/** First and last of the ports that clients listen on for peers. */
export const PEER_PORTS: readonly [first: number, last: number] = [FIRST_PEER_PORT, FIRST_PEER_PORT + 99];

export const TRACKER_URL: string = `http://${ADDRESSES[0]}:${TRACKER_PORT}/announce`;

export class Swarm implements AsyncDisposable {
  readonly tracker: TestTracker;
  readonly #root: string;
  readonly #addresses: readonly string[];
  readonly #clients: Client[] = [];

  private constructor(root: string, tracker: TestTracker, addresses: readonly string[]) {
    this.#root = root;
    this.tracker = tracker;
    this.#addresses = addresses;
  }

  /** `addresses` of the namespace: the first is the tracker's, each client gets one of the others. */
  static async open(addresses: readonly string[] = ADDRESSES): Promise<Swarm> {
    const tracker = await TestTracker.listen(addresses[0] as string, TRACKER_PORT);
    return new Swarm(mkdtempSync(join(tmpdir(), 'dst-interop-')), tracker, addresses);
  }

  /** Starts a client; returns its "ip:port". Without `ip` it gets the next address. */
  async start(client: Client, ip: string = this.#addresses[this.#clients.length + 1] as string): Promise<string> {
    const port = FIRST_PEER_PORT + this.#clients.length;
    const dir = this.folder(`client-${this.#clients.length}`);
    this.#clients.push(client);
    await client.start({ dir, ip, port });
    return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  }

  /** A new folder of that name in the scratch folder. */
  folder(name: string): string {
    const path = join(this.#root, name);
    mkdirSync(path);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
    this.tracker.close();
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }
}
