/** What the parts of the compliance suite for storages share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../../src/base/errors.ts';
import type { TorrentFormat } from '../../src/codec/metainfo/index.ts';
import type { Storage, StorageFactory, StorageOptions } from '../../src/storage/index.ts';
import { makeSample, type Sample } from './sample-torrent.ts';

/** A disk with folders `a` and `b` to save to. Paths are below a folder, elements joined by slashes. */
export interface StorageFixture extends AsyncDisposable {
  readonly factory: StorageFactory;
  folder(name: 'a' | 'b'): string;
  /** Content of a file, null when there is none. */
  readFile(folder: 'a' | 'b', path: string): Promise<Uint8Array | null>;
  writeFile(folder: 'a' | 'b', path: string, content: Uint8Array): Promise<void>;
  deleteFile(folder: 'a' | 'b', path: string): Promise<void>;
  /** Paths of all files, sorted. */
  listFiles(folder: 'a' | 'b'): Promise<string[]>;
}

export const files = {
  'a/one.bin': 40_000,
  'a/two.bin': 5_000,
  'b/empty.txt': 0,
  'b/three.bin': 70_000,
  'four.bin': 16_384,
};
const formats: readonly TorrentFormat[] = ['v1', 'v2', 'hybrid'];
export const contentKey: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i);

/** Equality of bytes, told in a few words when it fails. */
export function assertBytes(actual: Uint8Array | null, expected: Uint8Array, what: string | number = ''): void {
  assert.ok(actual !== null, `${what} is missing`);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert.equal(actual.length, expected.length, `length of ${what}`);
  assert.equal(at, -1, `${what} differs at byte ${at}`);
}

export const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    codeOf(error) === code;

export type Body = (sample: Sample, fixture: StorageFixture) => Promise<void>;

/** A test with a disk and a sample torrent; and the same with a sample of each format. */
export interface Cases {
  readonly it: (title: string, body: Body) => void;
  readonly itInAllFormats: (title: string, body: Body) => void;
}

export function casesOn(makeFixture: () => Promise<StorageFixture>): Cases {
  const on = (title: string, sample: () => Sample, body: Body): void => {
    test(title, async () => {
      await using fixture = await makeFixture();
      await body(sample(), fixture);
    });
  };
  return {
    it: (title, body) => on(title, () => makeSample(files), body),
    itInAllFormats(title, body) {
      for (const format of formats) {
        on(`${title} (${format})`, () => makeSample(files, { format, pieceLength: 32_768 }), body);
      }
      on(`${title} (sealed)`, () => makeSample(files, { contentKey, pieceLength: 32_768 }), body);
    },
  };
}

/** Opens a storage for a sample on a fixture, makes it ready and closes it in the end. */
export async function withStorage(
  sample: Sample,
  fixture: StorageFixture,
  body: (storage: Storage) => Promise<void>,
  options: Partial<StorageOptions> = {},
): Promise<void> {
  const storage = await fixture.factory.open(sample.geometry, optionsFor(sample, fixture, options));
  try {
    await storage.prepare();
    await body(storage);
  } finally {
    await storage.close();
  }
}

export function optionsFor(sample: Sample, fixture: StorageFixture, options: Partial<StorageOptions>): StorageOptions {
  const defaults = {
    directory: fixture.folder('a'),
    infoHashes: sample.infoHashes,
    contentKey: sample.contentKey,
    selection: 'all',
    allocation: 'sparse',
    isWritable: true,
  } as const;
  return { ...defaults, ...options };
}
