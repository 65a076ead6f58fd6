/** A daemon that is to download a file from another one, which sends so much of it at 1 MiB/s and goes on slowly. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteCount, BytesPerSecond } from '../../src/base/units.ts';
import { dstJson, scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess, type TorrentJson } from '../e2e/daemon-process.ts';

const PIECE: ByteCount = 64 * 1024;
const RATE: BytesPerSecond = 1024 * 1024;
/** Of a peer that holds back: a piece in two seconds. */
const SLOW: BytesPerSecond = PIECE / 2;

export class DownloadStage implements AsyncDisposable {
  readonly #parts: AsyncDisposable;
  readonly #peer: DaemonProcess;
  readonly daemon: DaemonProcess;
  readonly hash: string;
  readonly name: string;
  readonly size: ByteCount;
  /** Pieces in the order in which they were there. */
  readonly verified: number[] = [];
  /** The share from which on the peer holds back. */
  #most = 0;

  private constructor(
    parts: AsyncDisposable,
    peer: DaemonProcess,
    daemon: DaemonProcess,
    file: Pick<DownloadStage, 'hash' | 'name' | 'size'>,
  ) {
    this.#parts = parts;
    this.#peer = peer;
    this.daemon = daemon;
    this.hash = file.hash;
    this.name = file.name;
    this.size = file.size;
  }

  /** The torrent runs, and knows no peer. `write` makes the file. */
  static async open(name: string, write: (file: string) => Promise<void>): Promise<DownloadStage> {
    await using parts = new AsyncDisposableStack();
    const { path } = parts.use(await scratchFolder());
    const source = join(path, 'peer', 'downloads', name);
    await mkdir(dirname(source), { recursive: true });
    await write(source);
    const file = join(path, 'it.torrent');
    await dstJson(['create', source, '-o', file, '--piece-length', String(PIECE)]);
    const torrent = (await readFile(file)).toString('base64');
    const peer = parts.use(await DaemonProcess.start(join(path, 'peer')));
    const daemon = parts.use(await DaemonProcess.start(path));
    await peer.api('/limits', { method: 'PATCH', body: { upload: RATE } });
    for (const one of [peer, daemon]) await one.api('/torrents', { method: 'POST', body: { torrent } });
    const [added] = await daemon.torrents();
    const { hash } = added as TorrentJson;
    await peer.untilState(hash, 'seeding');
    const { size } = await stat(source);
    const stage = new DownloadStage(parts.move(), peer, daemon, { hash, name, size });
    void stage.#follow().catch(() => {});
    return stage;
  }

  get pieceCount(): number {
    return Math.ceil(this.size / PIECE);
  }

  /** What the other daemon has, and what this one makes of it. */
  get original(): string {
    return join(this.#peer.downloads, this.name);
  }

  get copy(): string {
    return join(this.daemon.downloads, this.name);
  }

  /** Of a program that may look. */
  async token(): Promise<string> {
    const body = { name: 'player', scope: 'read' };
    return (await this.daemon.api<{ token: string }>('/tokens', { method: 'POST', body })).token;
  }

  /**
   * Tells the daemons of each other: the download begins. However slow who reads it is, there is no more for him than
   * about this share of the file.
   */
  async introduce(share: number): Promise<void> {
    this.allow(share);
    void this.#holdBack().catch(() => {}); // It ends with the daemons.
    const peers = [await this.#peer.peerAddress()];
    await this.daemon.api(`/torrents/${this.hash}/peers`, { method: 'POST', body: { peers } });
  }

  /** So much may be there from now on. */
  allow(share: number): void {
    this.#most = share;
  }

  /** The rest may come as fast as it can. */
  hurry(): void {
    this.allow(Number.POSITIVE_INFINITY);
  }

  /** 0 … 1 of the file is there. */
  async share(): Promise<number> {
    const { done } = await this.daemon.api<{ done: ByteCount }>(`/torrents/${this.hash}`);
    return done / this.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }

  async #holdBack(): Promise<void> {
    for (let last = RATE; last !== 0; await sleep(50)) {
      const isEnough = (await this.share()) >= this.#most;
      const upload = this.#most === Number.POSITIVE_INFINITY ? 0 : isEnough ? SLOW : RATE;
      if (upload !== last) await this.#peer.api('/limits', { method: 'PATCH', body: { upload } });
      last = upload;
    }
  }

  async #follow(): Promise<void> {
    for await (const { data } of this.daemon.client.events('/events', { query: { names: 'piece.verified' } })) {
      this.verified.push((JSON.parse(data) as { piece: number }).piece);
    }
  }
}
