/** What is wanted of a torrent's files, and in which order its pieces are to come. */
import type { FileIndex } from '../../base/units.ts';
import type { PiecePicker } from '../picker/piece-picker.ts';
import type { TorrentOptions } from '../session/options.ts';
import type { TorrentData } from './torrent-data.ts';

export interface WishesPort {
  /** Null while nothing is downloaded. */
  picker(): PiecePicker | null;
  /** Other files are wanted: false when they must not be written; then the torrent has failed, or will when it starts. */
  mayWrite(): boolean;
  /** Other files are wanted, and the storage knows. */
  selectionChanged(): void;
  /** Other pieces are to come first. */
  orderChanged(): void;
}

export class Wishes {
  readonly #data: TorrentData;
  readonly #port: WishesPort;
  #isSequential: boolean;

  constructor(options: Pick<TorrentOptions, 'isSequential'>, data: TorrentData, port: WishesPort) {
    this.#isSequential = options.isSequential === true;
    this.#data = data;
    this.#port = port;
  }

  /** Only these files are wanted. */
  async select(files: readonly FileIndex[]): Promise<void> {
    this.#data.selectionOf(files).select(files);
    await this.#selectionChanged();
  }

  async setPriority(file: FileIndex, priority: number): Promise<void> {
    this.#data.selectionOf([file]).setPriority(file, priority);
    await this.#selectionChanged();
  }

  setSequential(isSequential: boolean): void {
    this.#isSequential = isSequential;
    this.#orderChanged();
  }

  /** The first and last piece of each wanted file come first. */
  setFirstLast(isFirstLast: boolean): void {
    this.#data.setFirstLast(isFirstLast);
    this.#orderChanged();
  }

  applyTo(picker: PiecePicker): void {
    this.#data.selection?.applyTo(picker);
    picker.setMode(this.#isSequential ? 'sequential' : 'rarest-first');
  }

  async #selectionChanged(): Promise<void> {
    if (!this.#port.mayWrite()) return;
    await this.#data.selectionChanged();
    this.#port.selectionChanged();
  }

  #orderChanged(): void {
    const picker = this.#port.picker();
    if (picker === null) return;
    this.applyTo(picker);
    this.#port.orderChanged();
  }
}
