/** qBittorrent 4.5 without its window, driven over its web API. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Client, Encryption, Place } from '../client.ts';
import { Program } from '../program.ts';

const CONFIG = `[LegalNotice]
Accepted=true
[Preferences]
WebUI\\LocalHostAuth=false
WebUI\\CSRFProtection=false
WebUI\\Port=WEB_PORT
Connection\\UPnP=false
[BitTorrent]
Session\\Port=PEER_PORT
Session\\InterfaceAddress=PEER_IP
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\BTProtocol=TCP
Session\\SSRFMitigation=false
Session\\Encryption=ENCRYPTION
[Network]
PortForwardingEnabled=false
`;

/** qBittorrent's numbers: allow, require, disable. */
const ENCRYPTION = { allowed: '0', required: '1', plaintext: '2' };

/** qBittorrent's names for the states of a complete torrent. */
const COMPLETE_STATES = ['uploading', 'stalledUP', 'forcedUP', 'queuedUP'];

interface TorrentInfo {
  hash: string;
  progress: number;
  state: string;
}

export class Qbittorrent implements Client {
  readonly name = 'qBittorrent';
  readonly #encryption: Encryption;
  #program: Program | undefined;
  #api = '';

  constructor(encryption?: Encryption) {
    this.#encryption = encryption;
  }

  async start({ dir, ip, port }: Place): Promise<void> {
    const webPort = port + 1_000;
    const config = CONFIG.replace('WEB_PORT', String(webPort))
      .replace('PEER_PORT', String(port))
      .replace('PEER_IP', ip)
      .replace('ENCRYPTION', ENCRYPTION[this.#encryption ?? 'allowed']);
    const configDir = join(dir, 'profile/qBittorrent/config');
    mkdirSync(configDir, { recursive: true });
    writeFileSync(join(configDir, 'qBittorrent.conf'), config);
    this.#api = `http://127.0.0.1:${webPort}/api/v2`;
    this.#program = new Program(dir, ['qbittorrent-nox', `--profile=${join(dir, 'profile')}`]);
    await this.#program.untilListening({ host: '127.0.0.1', port: webPort });
  }

  async seed(torrentFile: string, contentDir: string): Promise<void> {
    await this.download(torrentFile, contentDir, []);
    await this.waitComplete(180_000);
  }

  async download(target: string, dir: string, peers: readonly string[]): Promise<void> {
    const torrent = new File([readFileSync(target)], basename(target), { type: 'application/x-bittorrent' });
    await this.#post('torrents/add', { torrents: torrent, savepath: dir, autoTMM: 'false', contentLayout: 'Original' });
    await this.#program?.until('showing the torrent', async () => (await this.#torrents()).length > 0);
    const [added] = await this.#torrents();
    if (peers.length > 0) await this.#post('torrents/addPeers', { hashes: added?.hash ?? '', peers: peers.join('|') });
  }

  async waitComplete(timeout: number): Promise<void> {
    const isComplete = (torrent: TorrentInfo) => torrent.progress === 1 && COMPLETE_STATES.includes(torrent.state);
    await this.#program?.until('complete', async () => (await this.#torrents()).some(isComplete), timeout);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async #torrents(): Promise<TorrentInfo[]> {
    return (await (await fetch(`${this.#api}/torrents/info`)).json()) as TorrentInfo[];
  }

  async #post(path: string, fields: Record<string, string | File>): Promise<void> {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const response = await fetch(`${this.#api}/${path}`, { method: 'POST', body });
    if (!response.ok) throw new Error(`qBittorrent refused ${path}: ${response.status} ${await response.text()}`);
  }
}
