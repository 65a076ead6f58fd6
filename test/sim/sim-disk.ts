/**
 * Disks for simulations: slow, full, lying or failing ones, described by an immutable builder that reads as a
 * sentence: `disk().slow({ seek: 10, rate: 5e6 }).full(1e6)`. Each call returns a new description, so one description
 * serves several hosts; `over` makes a disk of it, around any storage.
 */
import type { Bitfield } from '../../src/base/bitfield.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import type { ByteCount, BytesPerSecond, Millis, PieceIndex } from '../../src/base/units.ts';
import type { Geometry } from '../../src/codec/metainfo/geometry.ts';
import { storageError } from '../../src/storage/errors.ts';
import type {
  CheckOptions,
  CommitResult,
  FilePaths,
  FileSelection,
  MoveOptions,
  PieceHashes,
  PoolBuffer,
  PrepareOptions,
  ReadRun,
  ResumeState,
  Storage,
  StorageFactory,
} from '../../src/storage/storage.ts';

export interface DiskSpeed {
  /** Time before each operation, ms. */
  readonly seek?: Millis;
  readonly rate?: BytesPerSecond;
}

/** Which reads return wrong bytes: a share of them (0 … 1), or those that touch certain pieces. */
export type Corruption = number | ReadonlySet<PieceIndex>;

interface Faults {
  readonly seek: Millis;
  readonly rate: BytesPerSecond;
  readonly capacity: ByteCount;
  readonly freedAfter: Millis;
  readonly corruption: Corruption;
  readonly readErrors: number;
  readonly writeErrors: number;
}

export interface DiskSurroundings {
  readonly clock: Clock;
  readonly random: Random;
}

const flawless: Faults = {
  seek: 0,
  rate: Number.POSITIVE_INFINITY,
  capacity: Number.POSITIVE_INFINITY,
  freedAfter: Number.POSITIVE_INFINITY,
  corruption: 0,
  readErrors: 0,
  writeErrors: 0,
};

/** A disk without faults, to start a description from. */
export const disk = (): DiskDescription => new DiskDescription(flawless);

export class DiskDescription {
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** Operations take time, one after the other. */
  slow(speed: DiskSpeed): DiskDescription {
    return this.#with({ seek: speed.seek ?? 0, rate: speed.rate ?? Number.POSITIVE_INFINITY });
  }

  /** Only so much fits, then commits fail for want of space; with `freedAfter` someone makes room that much later. */
  full(capacity: ByteCount, { freedAfter = Number.POSITIVE_INFINITY }: { freedAfter?: Millis } = {}): DiskDescription {
    return this.#with({ capacity, freedAfter });
  }

  /** Reads return wrong bytes: the disk of a peer that serves bad data, knowingly or not. */
  corrupt(corruption: Corruption): DiskDescription {
    return this.#with({ corruption });
  }

  /** This share of the reads fails. */
  readErrors(share: number): DiskDescription {
    return this.#with({ readErrors: share });
  }

  /** This share of the commits fails. */
  writeErrors(share: number): DiskDescription {
    return this.#with({ writeErrors: share });
  }

  /** One disk of this kind; all storages that it opens share its time and its space. */
  over(storage: StorageFactory, surroundings: DiskSurroundings): StorageFactory {
    const device = new Device(this.#faults, surroundings);
    return {
      open: async (geometry, options) => new SimStorage(await storage.open(geometry, options), device),
    };
  }

  #with(faults: Partial<Faults>): DiskDescription {
    return new DiskDescription({ ...this.#faults, ...faults });
  }
}

/** What the storages on one disk share. */
class Device {
  readonly faults: Faults;
  readonly #clock: Clock;
  readonly #random: Random;
  #idleAt: Millis = 0;
  #used: ByteCount = 0;
  /** When space first ran out. */
  #fullSince: Millis | null = null;

  constructor(faults: Faults, { clock, random }: DiskSurroundings) {
    this.faults = faults;
    this.#clock = clock;
    this.#random = random;
  }

  /** Waits for the disk and for an operation of `bytes`. */
  async operate(bytes: ByteCount): Promise<void> {
    const duration = this.faults.seek + (bytes / this.faults.rate) * 1000;
    if (duration === 0) return;
    this.#idleAt = Math.max(this.#idleAt, this.#clock.now()) + duration;
    await this.#clock.sleep(this.#idleAt - this.#clock.now());
  }

  happens(share: number): boolean {
    return share > 0 && this.below(2 ** 32) < share * 2 ** 32;
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  /** Claims space; throws when there is none. */
  claim(bytes: ByteCount): void {
    const now = this.#clock.now();
    const isFreed = this.#fullSince !== null && now >= this.#fullSince + this.faults.freedAfter;
    if (!isFreed && this.#used + bytes > this.faults.capacity) {
      this.#fullSince ??= now;
      throw storageError('STORAGE_NO_SPACE', 'the simulated disk is full');
    }
    this.#used += bytes;
  }

  unclaim(bytes: ByteCount): void {
    this.#used -= bytes;
  }
}

class SimStorage implements Storage {
  readonly geometry: Geometry;
  readonly #inner: Storage;
  readonly #device: Device;
  #backlog: ByteCount = 0;

  constructor(inner: Storage, device: Device) {
    this.geometry = inner.geometry;
    this.#inner = inner;
    this.#device = device;
  }

  get backlog(): ByteCount {
    return this.#backlog;
  }

  get directory(): string {
    return this.#inner.directory;
  }

  prepare(options?: PrepareOptions): Promise<void> {
    return this.#inner.prepare(options);
  }

  async commit(piece: PieceIndex, data: PoolBuffer, expected: PieceHashes): Promise<CommitResult> {
    const size = data.bytes.length;
    this.#backlog += size;
    try {
      await this.#device.operate(size);
      if (this.#device.happens(this.#device.faults.writeErrors)) {
        throw storageError('STORAGE_WRITE_FAILED', 'the simulated disk failed to write');
      }
      this.#device.claim(size);
      const result = await this.#inner.commit(piece, data, expected);
      if (result === 'mismatch') this.#device.unclaim(size);
      return result;
    } finally {
      this.#backlog -= size;
    }
  }

  async check(piece: PieceIndex, expected: PieceHashes): Promise<boolean> {
    await this.#device.operate(this.geometry.pieceSize(piece));
    return this.#inner.check(piece, expected);
  }

  async checkAll(
    pieces: Bitfield,
    expected: (piece: PieceIndex) => PieceHashes,
    options?: CheckOptions,
  ): Promise<Bitfield> {
    for (const piece of pieces) {
      await this.#device.operate(this.geometry.pieceSize(piece));
      options?.signal?.throwIfAborted();
    }
    return this.#inner.checkAll(pieces, expected, options);
  }

  read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    return this.#read(into, runs, () => this.#inner.read(into, runs));
  }

  readPlain(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    return this.#read(into, runs, () => this.#inner.readPlain(into, runs));
  }

  async #read(into: PoolBuffer, runs: readonly ReadRun[], read: () => Promise<void>): Promise<void> {
    await this.#device.operate(runs.reduce((sum, run) => sum + run.length, 0));
    if (this.#device.happens(this.#device.faults.readErrors)) {
      throw storageError('STORAGE_READ_FAILED', 'the simulated disk failed to read');
    }
    await read();
    for (const run of runs) {
      if (!this.#isCorrupt(run)) continue;
      const at = run.at + this.#device.below(run.length);
      into.bytes[at] = (into.bytes[at] as number) ^ (1 + this.#device.below(255));
    }
  }

  #isCorrupt(run: ReadRun): boolean {
    const { corruption } = this.#device.faults;
    if (typeof corruption === 'number') return this.#device.happens(corruption);
    const { pieceLength } = this.geometry;
    const last = Math.floor((run.offset + run.length - 1) / pieceLength);
    for (let piece = Math.floor(run.offset / pieceLength); piece <= last; piece++)
      if (corruption.has(piece)) return true;
    return false;
  }

  async leaves(piece: PieceIndex): Promise<Uint8Array> {
    await this.#device.operate(this.geometry.pieceSize(piece));
    return this.#inner.leaves(piece);
  }

  resume(): Promise<ResumeState> {
    return this.#inner.resume();
  }

  forget(piece: PieceIndex): void {
    this.#inner.forget(piece);
  }

  select(selection: FileSelection): Promise<void> {
    return this.#inner.select(selection);
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  move(directory: string, options?: MoveOptions): Promise<void> {
    return this.#inner.move(directory, options);
  }

  rename(paths: FilePaths): Promise<void> {
    return this.#inner.rename(paths);
  }

  checkFolder(): Promise<void> {
    return this.#inner.checkFolder();
  }

  delete(kept?: ReadonlySet<number>): Promise<void> {
    return this.#inner.delete(kept);
  }

  abandon(): Promise<void> {
    return this.#inner.abandon();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
