/** Each storage against the one compliance suite. */
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { fileStorage } from '../../src/storage/file/index.ts';
import { MemoryDisk, memoryStorage } from '../../src/storage/memory/index.ts';
import type { StorageFixture } from './compliance-fixture.ts';
import { storageCompliance } from './storage-compliance.ts';

/** Fixtures on real files, in folders of their own; the disk workers are shared, for starting them takes longest. */
function fileFixtures(workers: number): () => Promise<StorageFixture> {
  const root = mkdtempSync(join(tmpdir(), 'dst-storage-'));
  const factory = fileStorage({ workers, stateDirectory: join(root, 'state') });
  after(async () => {
    await factory[Symbol.asyncDispose]();
    await rm(root, { recursive: true });
  });
  let count = 0;
  return () => {
    const home = join(root, String(count++));
    const folder = (name: string): string => join(home, name);
    return Promise.resolve({
      factory,
      folder,
      readFile: (name, path) =>
        readFile(join(folder(name), path)).then(
          (bytes) => new Uint8Array(bytes),
          () => null,
        ),
      writeFile: async (name, path, content) => {
        const full = join(folder(name), path);
        await mkdir(dirname(full), { recursive: true });
        await writeFile(full, content);
      },
      deleteFile: (name, path) => rm(join(folder(name), path)),
      listFiles: async (name) => {
        const entries = await readdir(folder(name), { recursive: true, withFileTypes: true }).catch(() => []);
        const found = entries.filter((entry) => entry.isFile());
        return found.map((entry) => join(entry.parentPath, entry.name).slice(folder(name).length + 1)).sort();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    } satisfies StorageFixture);
  };
}

storageCompliance('the file', fileFixtures(2));
storageCompliance('the file (in the calling thread)', fileFixtures(0));

storageCompliance('the memory', () => {
  const disk = new MemoryDisk();
  const factory = memoryStorage({ digests: nodeDigests }, disk);
  return Promise.resolve({
    factory,
    folder: (name) => name,
    readFile: (name, path) => Promise.resolve(disk.files.get(`${name}/${path}`)?.slice() ?? null),
    writeFile: (name, path, content) => {
      disk.files.set(`${name}/${path}`, content.slice());
      return Promise.resolve();
    },
    deleteFile: (name, path) => {
      disk.files.delete(`${name}/${path}`);
      return Promise.resolve();
    },
    listFiles: (name) => {
      const own = [...disk.files.keys()].filter((path) => path.startsWith(`${name}/`));
      return Promise.resolve(own.map((path) => path.slice(name.length + 1)).sort());
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
