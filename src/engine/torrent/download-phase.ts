/** Whether a torrent downloads: the download exists while something wanted is missing, and what it tells is passed on. */
import type { Events } from '../../base/events.ts';
import type { PiecePicker } from '../picker/piece-picker.ts';
import type { OpenContent } from './content.ts';
import { Download } from './download.ts';
import type { TorrentEvents } from './status.ts';
import type { Swarm } from './swarm.ts';
import type { TorrentServices } from './torrent-services.ts';
import type { TorrentStats } from './torrent-stats.ts';
import type { Wishes } from './wishes.ts';

/** What the download needs of its torrent. */
export interface PhaseParts {
  readonly services: TorrentServices;
  readonly stats: TorrentStats;
  readonly events: Events<TorrentEvents>;
  readonly wishes: Wishes;
  swarm(): Swarm;
  /** One more piece is there. */
  stored(): void;
  /** Nothing wanted is missing any more: the download has ended. */
  finished(): void;
  failed(error: unknown): void;
}

export class DownloadPhase {
  readonly #parts: PhaseParts;
  #download: Download | null = null;

  constructor(parts: PhaseParts) {
    this.#parts = parts;
  }

  /** Null while nothing is downloaded. */
  get current(): Download | null {
    return this.#download;
  }

  get picker(): PiecePicker | null {
    return this.#download?.picker ?? null;
  }

  /** Begins to download what is missing; nothing happens when that is nothing. */
  begin(content: OpenContent): void {
    const download = this.#make(content);
    this.#parts.wishes.applyTo(download.picker);
    if (download.picker.isFinished) download.close();
    else this.#download = download;
  }

  /** Other files are wanted while it goes on. */
  selectionChanged(): void {
    const download = this.#download;
    if (download === null) return;
    this.#parts.wishes.applyTo(download.picker);
    download.dropUnwanted();
    if (!this.#finish()) this.#parts.swarm().wishesChanged();
  }

  end(): void {
    this.#download?.close();
    this.#download = null;
  }

  #finish(): boolean {
    if (this.picker?.isFinished !== true) return false;
    this.end();
    this.#parts.finished();
    return true;
  }

  #make(content: OpenContent): Download {
    const { services, stats, events } = this.#parts;
    const swarm = this.#parts.swarm();
    const { digests, random, pieceMemory: memory } = services;
    return new Download(
      content.held(),
      {
        now: () => services.clock.now(),
        peer: (id) => swarm.pool.session(id),
        pieceStored: (piece) => {
          this.#parts.stored();
          swarm.spreadHave(piece);
          events.emit('piece', piece);
          this.#finish();
        },
        pieceFailed: (piece, size) => {
          stats.discarded(size);
          events.emit('hashFailed', { piece });
          swarm.hashExchange.fetchLeaves(piece);
          swarm.wishesChanged();
        },
        guilty: (piece, peers) => {
          const addresses = swarm.ban(peers);
          if (addresses.length > 0) events.emit('banned', { addresses, reason: `bad data in piece ${piece}` });
        },
        discarded: (bytes) => stats.discarded(bytes),
        storedLate: (piece) => {
          if (this.#download === null) content.have.add(piece);
          else this.#download.adopt(piece);
        },
        failed: (error) => this.#parts.failed(error),
      },
      { digests, random, memory },
    );
  }
}
