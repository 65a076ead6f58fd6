/** Moving and renaming the files of a torrent, whether it works or rests. */
import type { FilePaths, MoveOptions } from '../../storage/index.ts';
import type { FilesPlace } from './file-places.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { TorrentData } from './torrent-data.ts';

export interface RelocationPort {
  /** Nothing is there of the torrent, and what lies in its place is another's: none of that is to be touched. */
  hasOnlyFilesOfOthers(): boolean;
  /** Its files are about to be moved or renamed; throws ENGINE_FILES_TAKEN when they must not. */
  moves(place: Partial<FilesPlace>): void;
}

export class Relocation {
  readonly #data: TorrentData;
  readonly #life: Lifecycle;
  readonly #port: RelocationPort;

  constructor(data: TorrentData, life: Lifecycle, port: RelocationPort) {
    this.#data = data;
    this.#life = life;
    this.#port = port;
  }

  /** Moves the files; see `Storage.move`. Rejects ENGINE_FILES_TAKEN too. */
  async move(directory: string, options: MoveOptions = {}): Promise<void> {
    if (this.#data.isDescribed && this.#data.content === null) await this.#data.look();
    await this.#relocate({ directory }, () => this.#data.move(directory, options));
  }

  /** Renames files; see `Storage.rename`. Rejects ENGINE_FILES_TAKEN too. */
  async setPaths(paths: FilePaths): Promise<void> {
    this.#data.refuseBadPaths(paths);
    if (this.#data.content === null) await this.#data.look().catch(() => {}); // a failure is told when it starts
    await this.#relocate({ paths }, () => this.#data.setPaths(paths));
  }

  /** The files are expected in another folder, and looked for there. */
  setDirectory(directory: string): Promise<void> {
    return this.#expectAt({ directory });
  }

  async #relocate(place: Partial<FilesPlace>, relocate: () => Promise<void>): Promise<void> {
    if (this.#port.hasOnlyFilesOfOthers()) return this.#expectAt(place);
    this.#port.moves(place);
    await relocate();
  }

  #expectAt(place: Partial<FilesPlace>): Promise<void> {
    return this.#life.restFor((rested) => this.#data.setPlace(place, rested));
  }
}
