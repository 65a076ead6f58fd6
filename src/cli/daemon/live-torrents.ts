/** The daemon's torrents, kept up to date by asking for what has changed. */
import type { ListedTorrent } from '../ui/torrent-table.ts';
import type { DaemonClient } from './daemon-client.ts';
import type { TorrentList } from './named-torrents.ts';

/** Those of a `ListedTorrent`. */
const FIELDS: Readonly<Record<keyof ListedTorrent, true>> = {
  id: true,
  hash: true,
  name: true,
  state: true,
  isStalled: true,
  checked: true,
  moved: true,
  moveProblem: true,
  hasMetadata: true,
  wantedSize: true,
  wantedDone: true,
  downloadRate: true,
  uploadRate: true,
  ratio: true,
  eta: true,
  addedAt: true,
  activeAt: true,
  queuePosition: true,
};

export class LiveTorrents {
  readonly #client: DaemonClient;
  readonly #byHash = new Map<string, ListedTorrent>();
  #revision: number | null = null;

  constructor(client: DaemonClient) {
    this.#client = client;
  }

  /** All torrents as they are now. */
  async refresh(signal: AbortSignal): Promise<readonly ListedTorrent[]> {
    const query = { fields: Object.keys(FIELDS).join(','), since: this.#revision ?? undefined };
    const answer = await this.#client.call<TorrentList<ListedTorrent>>('/torrents', { query, signal });
    if (answer.isFull) this.#byHash.clear();
    for (const { hash } of answer.removed) this.#byHash.delete(hash);
    for (const torrent of answer.torrents) this.#byHash.set(torrent.hash, torrent);
    this.#revision = answer.revision;
    return [...this.#byHash.values()];
  }
}
