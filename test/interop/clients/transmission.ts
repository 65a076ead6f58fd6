/** Transmission 3 as transmission-daemon, driven over its JSON-RPC. It cannot be told a peer: the tracker names them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Encryption, Place } from '../client.ts';
import type { Counts } from '../dst-tracker.ts';
import { Program } from '../program.ts';

interface TorrentStatus {
  status: number;
  leftUntilDone: number;
  percentDone: number;
}

interface Watched {
  hashString: string;
  trackerStats: { hasScraped: boolean; seederCount: number; leecherCount: number; downloadCount: number }[];
}

/** Transmission's status numbers for a torrent that is complete and waits to serve, or serves. */
const SEED_WAIT = 5;
const SEED = 6;

export class Transmission implements Client {
  readonly name = 'Transmission';
  readonly #encryption: Encryption;
  #program: Program | undefined;
  #rpc = '';
  #sessionId = '';

  /** Plaintext alone is more than it can be told: it then dials so, and takes both. */
  constructor(encryption?: Encryption) {
    this.#encryption = encryption;
  }

  async start({ dir, ip, port }: Place): Promise<void> {
    const rpcPort = port + 1_000;
    const settings = {
      [ip.includes(':') ? 'bind-address-ipv6' : 'bind-address-ipv4']: ip,
      'peer-port': port,
      'rpc-port': rpcPort,
      'rpc-bind-address': '127.0.0.1',
      'rpc-whitelist-enabled': false,
      'rpc-host-whitelist-enabled': false,
      'port-forwarding-enabled': false,
      'dht-enabled': false,
      'lpd-enabled': false,
      'utp-enabled': false,
      'download-queue-enabled': false,
      ...(this.#encryption !== undefined && { encryption: this.#encryption === 'required' ? 2 : 0 }),
    };
    const config = join(dir, 'config');
    mkdirSync(config);
    writeFileSync(join(config, 'settings.json'), JSON.stringify(settings));
    this.#rpc = `http://127.0.0.1:${rpcPort}/transmission/rpc`;
    this.#program = new Program(dir, ['transmission-daemon', '--foreground', '--config-dir', config]);
    await this.#program.untilListening({ host: '127.0.0.1', port: rpcPort });
  }

  async seed(torrentFile: string, contentDir: string): Promise<void> {
    await this.download(torrentFile, contentDir);
    await this.#call('torrent-verify');
    await this.waitComplete(180_000);
  }

  async download(target: string, dir: string): Promise<void> {
    const metainfo = readFileSync(target).toString('base64');
    await this.#call('torrent-add', { metainfo, 'download-dir': dir, paused: false });
  }

  /** Adds a magnet link without starting it: Transmission then asks its tracker for nothing but the counts. */
  async watch(magnet: string): Promise<void> {
    await this.#call('torrent-add', { filename: magnet, paused: true });
  }

  /** The counts that it was told in scrapes, by info hash, once there are some for `wanted` torrents at the least. */
  async waitScraped(wanted: number, timeout: number): Promise<ReadonlyMap<string, Counts>> {
    let scraped: ReadonlyMap<string, Counts> = new Map();
    const look = async (): Promise<boolean> => {
      scraped = await this.#scraped();
      return scraped.size >= wanted;
    };
    await this.#program?.until('told the counts', look, timeout);
    return scraped;
  }

  async waitComplete(timeout: number): Promise<void> {
    await this.#program?.until('complete', () => this.#isComplete(), timeout);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async #isComplete(): Promise<boolean> {
    const fields = ['status', 'leftUntilDone', 'percentDone'];
    const { torrents } = (await this.#call('torrent-get', { fields })) as { torrents: TorrentStatus[] };
    const [torrent] = torrents;
    if (torrent === undefined) return false;
    return torrent.leftUntilDone === 0 && torrent.percentDone === 1 && [SEED_WAIT, SEED].includes(torrent.status);
  }

  async #scraped(): Promise<ReadonlyMap<string, Counts>> {
    const fields = ['hashString', 'trackerStats'];
    const { torrents } = (await this.#call('torrent-get', { fields })) as { torrents: Watched[] };
    return new Map(
      torrents.flatMap(({ hashString, trackerStats: [tracker] }): [string, Counts][] => {
        if (tracker?.hasScraped !== true) return [];
        const { seederCount: complete, leecherCount: incomplete, downloadCount: downloaded } = tracker;
        return [[hashString, { complete, incomplete, downloaded }]];
      }),
    );
  }

  async #call(method: string, args: object = {}): Promise<unknown> {
    const headers = { 'X-Transmission-Session-Id': this.#sessionId };
    const response = await fetch(this.#rpc, {
      method: 'POST',
      headers,
      body: JSON.stringify({ method, arguments: args }),
    });
    if (response.status === 409) {
      this.#sessionId = response.headers.get('X-Transmission-Session-Id') ?? '';
      return this.#call(method, args);
    }
    const reply = (await response.json()) as { result: string; arguments: unknown };
    if (reply.result !== 'success') throw new Error(`Transmission refused ${method}: ${reply.result}`);
    return reply.arguments;
  }
}
