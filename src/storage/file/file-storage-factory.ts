/**
 * Opens torrents on real files; owns the disk workers that all of them share. What only an open torrent needs is loaded
 * after the workers were started: they take longer.
 */
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type Logger, silentLogger } from '../../base/logger.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import type { BufferPool } from '../buffer-pool.ts';
import type { Storage, StorageFactory, StorageOptions } from '../storage.ts';
import { readBootId } from './boot-id.ts';
import type { Disk } from './disk.ts';
import { DiskPool } from './disk-pool.ts';
import { type DiskUse, MeasuredDisk } from './measured-disk.ts';

export interface FileStorageOptions {
  /** Where resume journals are kept; null (default): none are, and torrents are checked whenever they are opened. */
  readonly stateDirectory?: string | null;
  /** Disk threads; default 2, or 1 on a single core. 0: the calling thread does the work (tests). */
  readonly workers?: number;
  /** The disk threads let others of this process go first (Linux): it answers while they hash. Default false. */
  readonly isYielding?: boolean;
  /** Make the symbolic links that a torrent asks for (BEP 47); default false. */
  readonly symlinks?: boolean;
}

export interface FileStorageDeps {
  /** The pool that buffers come from: tells when workers may forget one. */
  readonly buffers?: BufferPool;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Id of the running boot of the machine, 16 bytes; default: what the system tells. */
  readonly bootId?: Uint8Array;
}

/** A storage factory over files; disposing it ends the disk workers. Close the torrents before. */
export class FileStorageFactory implements StorageFactory, AsyncDisposable {
  readonly #stateDirectory: string | null;
  readonly #hasSymlinks: boolean;
  readonly #pool: DiskPool | null;
  #disk: Promise<MeasuredDisk> | null = null;
  #measured: MeasuredDisk | null = null;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #subscription: Disposable | undefined;
  #bootId: Promise<Uint8Array> | null;
  #modules: ReturnType<typeof loadModules> | null = null;
  #nextTorrent = 0;

  constructor(options: FileStorageOptions, deps: FileStorageDeps) {
    const directory = options.stateDirectory ?? null;
    this.#stateDirectory = directory === null ? null : resolve(directory);
    this.#hasSymlinks = options.symlinks ?? false;
    this.#logger = deps.logger ?? silentLogger;
    this.#clock = deps.clock ?? systemClock;
    const { workers, isYielding = false } = options;
    this.#pool = workers === 0 ? null : new DiskPool(workers, { clock: this.#clock, isYielding });
    this.#bootId = deps.bootId === undefined ? null : Promise.resolve(deps.bootId);
    this.#subscription = deps.buffers?.onDrop((id) => this.#pool?.forget(id));
  }

  /** Starts the workers and loads the rest now, so that the first torrent does not wait for them. */
  warm(): void {
    this.#pool?.warm();
    void this.#pool?.rehearse();
    this.#modules ??= loadModules();
  }

  async open(geometry: Geometry, options: StorageOptions): Promise<Storage> {
    this.#bootId ??= readBootId();
    this.#disk ??= this.#findDisk();
    this.#modules ??= loadModules();
    const [{ openTorrent }, { FileStorage }] = await this.#modules;
    const directory = resolve(options.directory);
    // The same string where it is, for there may be thousands.
    const absolute = { ...options, directory: directory === options.directory ? options.directory : directory };
    const torrent = await openTorrent(geometry, absolute, this.#nextTorrent++, {
      disk: await this.#disk,
      logger: this.#logger,
      bootId: await this.#bootId,
      stateDirectory: this.#stateDirectory,
      hasSymlinks: this.#hasSymlinks,
    });
    return new FileStorage(torrent, absolute, this.#clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await (await this.#disk)?.[Symbol.asyncDispose]();
    await this.#pool?.[Symbol.asyncDispose]();
  }

  /** What the disk has done for all torrents. */
  get use(): DiskUse {
    return this.#measured?.use ?? { waiting: 0, kinds: {} };
  }

  async #findDisk(): Promise<MeasuredDisk> {
    this.#measured = new MeasuredDisk(this.#pool ?? (await inlineDisk()), this.#clock);
    return this.#measured;
  }
}

async function inlineDisk(): Promise<Disk> {
  const { InlineDisk } = await import('./inline-disk.ts');
  return new InlineDisk();
}

/** What an open torrent needs. Kept, for each call of `import()` costs 0.1 ms. */
const loadModules = () => Promise.all([import('./opening.ts'), import('./file-storage.ts')]);

/** Storage on real files. */
export const fileStorage = (options: FileStorageOptions = {}, deps: FileStorageDeps = {}): FileStorageFactory =>
  new FileStorageFactory(options, deps);
