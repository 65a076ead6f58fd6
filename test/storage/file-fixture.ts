/** Real folders and file storages for tests of what only files can suffer. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { DstError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { fileStorage, type FileStorageFactory, type FileStorageOptions } from '../../src/storage/file/index.ts';
import type { PrepareOptions, Storage, StorageOptions } from '../../src/storage/index.ts';
import type { Sample } from './sample-torrent.ts';

/** A folder that is deleted in the end. */
export class TempFolder implements Disposable {
  readonly path: string;

  constructor(parent: string = tmpdir()) {
    this.path = mkdtempSync(join(parent, 'dst-storage-'));
  }

  join(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  write(path: string, content: Uint8Array): void {
    mkdirSync(dirname(this.join(path)), { recursive: true });
    writeFileSync(this.join(path), content);
  }

  read(path: string): Uint8Array {
    return new Uint8Array(readFileSync(this.join(path)));
  }

  list(path = ''): string[] {
    return readdirSync(this.join(path), { recursive: true, encoding: 'utf8' }).sort();
  }

  /** Sets the modification time, ms since 1970. */
  setTime(path: string, time: number): void {
    utimesSync(this.join(path), time / 1000, time / 1000);
  }

  [Symbol.dispose](): void {
    chmodSync(this.path, 0o700);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** One boot of a machine: storages in the calling thread whose journals lie in `state` of a folder. */
export class Machine {
  readonly folder: TempFolder;
  readonly warnings: string[] = [];
  readonly #bootId: Uint8Array;
  readonly #options: FileStorageOptions;
  readonly #clock: Clock;

  constructor(folder: TempFolder, boot = 1, options: FileStorageOptions = {}, clock: Clock = systemClock) {
    this.folder = folder;
    this.#clock = clock;
    this.#bootId = new Uint8Array(16).fill(boot);
    this.#options = { workers: 0, stateDirectory: folder.join('state'), ...options };
  }

  /** A process that was just started: it knows nothing but what is on the disk. Never closing it is a kill. */
  process(): FileStorageFactory {
    const logger: Logger = { ...silentLogger, warn: (message) => void this.warnings.push(message) };
    return fileStorage(this.#options, { bootId: this.#bootId, logger, clock: this.#clock });
  }

  /** Opens a torrent and makes it ready to be written. */
  async open(sample: Sample, options: Partial<StorageOptions> = {}, prepared: PrepareOptions = {}): Promise<Storage> {
    const storage = await this.look(sample, options);
    await storage.prepare(prepared);
    return storage;
  }

  /** Opens a torrent. */
  look(sample: Sample, options: Partial<StorageOptions> = {}): Promise<Storage> {
    return this.process().open(sample.geometry, {
      directory: this.folder.join('data'),
      infoHashes: sample.infoHashes,
      selection: 'all',
      allocation: 'sparse',
      isWritable: true,
      ...options,
    });
  }

  /** Path of the only journal, below the folder. */
  journal(): string {
    const [name] = readdirSync(this.folder.join('state')).filter((one) => one.endsWith('.journal'));
    if (name === undefined) throw new Error('there is no journal');
    return join('state', name);
  }
}

/** A file system of its own in memory, or why there cannot be one. */
function mountTmpfs(
  size: string,
): { readonly folder: TempFolder; readonly remountReadOnly: () => void; readonly unmount: () => void } | string {
  const folder = new TempFolder();
  const run = (...args: string[]): void => void execFileSync(args[0] as string, args.slice(1), { stdio: 'pipe' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder.path);
  } catch {
    folder[Symbol.dispose]();
    return 'mounting a tmpfs needs root';
  }
  const unmount = (): void => {
    run('umount', '--lazy', folder.path);
    folder[Symbol.dispose]();
  };
  return { folder, remountReadOnly: () => run('mount', '-o', 'remount,ro', folder.path), unmount };
}

/** A drive that can be unplugged and plugged in again; while it is not there its mount point is an empty folder. */
export interface Drive {
  /** Where it is mounted. */
  readonly path: string;
  unplug(): void;
  plug(): void;
}

/** Runs a test with a drive, which is plugged in. */
export async function withDrive(context: TestContext, body: (drive: Drive) => Promise<void>): Promise<void> {
  await onTmpfs(context, '4m', async (content) => {
    using mountPoint = new TempFolder();
    const run = (...args: string[]): void => void execFileSync(args[0] as string, args.slice(1), { stdio: 'pipe' });
    let isPlugged = false;
    const toggle = (wanted: boolean, ...args: string[]): void => {
      if (isPlugged !== wanted) run(...args, mountPoint.path);
      isPlugged = wanted;
    };
    const plug = (): void => toggle(true, 'mount', '--bind', content.path);
    const unplug = (): void => toggle(false, 'umount', '--lazy');
    plug();
    try {
      await body({ path: mountPoint.path, plug, unplug });
    } finally {
      unplug();
    }
  });
}

/** Runs a test on a file system of its own. */
export async function onTmpfs(
  context: TestContext,
  size: string,
  body: (folder: TempFolder, remountReadOnly: () => void) => Promise<void>,
): Promise<void> {
  const mount = mountTmpfs(size);
  if (typeof mount === 'string') return context.skip(mount);
  try {
    await body(mount.folder, mount.remountReadOnly);
  } finally {
    mount.unmount();
  }
}

/** Rejection with a code whose details name a path that ends so. */
export const failure =
  (code: string, pathEnd: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DstError);
    assert.equal(error.code, code, error.message);
    assert.ok(String(error.details.path).endsWith(pathEnd), `${String(error.details.path)} ends with ${pathEnd}`);
    return true;
  };
