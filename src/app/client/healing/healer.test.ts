import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileSystemProbe } from './disk-probe.ts';
import { Healer } from './healer.ts';

interface Disk {
  free: number | null;
  exists: boolean;
  /** On which the folder is, if there is one. */
  device: number | null;
  isWritable: boolean;
}

class Ward {
  readonly disk: Disk = { free: 0, exists: false, device: 1, isWritable: false };
  readonly asked: string[] = [];
  readonly #healer: Healer;
  #now = 0;
  retries = 0;

  constructor() {
    this.#healer = new Healer(
      {
        free: async (path) => this.#answer(path, this.disk.free),
        device: async (path) => {
          const { exists, device } = this.disk;
          return this.#answer(path, path === '/d' ? device : exists ? device : null);
        },
        isWritable: async (path) => this.#answer(path, this.disk.isWritable),
      },
      { at: (_folder, look) => look() },
    );
  }

  /** Looks every ten seconds, so often. Returns how often it was tried again. */
  async look(code: string, times = 1, missing = 10 ** 9): Promise<number> {
    const before = this.retries;
    for (let i = 0; i < times; i++) {
      const retry = (): void => void this.retries++;
      await this.#healer.look([{ id: 1, code, directory: '/d', contentPath: '/d/c', missing, retry }], this.#now);
      this.#now += 10_000;
    }
    return this.retries - before;
  }

  async heal(): Promise<void> {
    await this.#healer.look([], this.#now);
  }

  #answer<T>(path: string, value: T): T {
    this.asked.push(path);
    return value;
  }
}

describe('a torrent that failed', () => {
  test('because the disk is full is tried when there is space for what is missing', async () => {
    const ward = new Ward();
    assert.equal(await ward.look('STORAGE_NO_SPACE', 30), 0);
    ward.disk.free = 1_000;
    assert.equal(await ward.look('STORAGE_NO_SPACE'), 0);
    ward.disk.free = 64 * 2 ** 20;
    assert.equal(await ward.look('STORAGE_NO_SPACE'), 1);
    const small = new Ward();
    small.disk.free = 1_000;
    assert.equal(await small.look('STORAGE_NO_SPACE', 1, 500), 1);
  });

  test('because its data is missing is tried when that is there again', async () => {
    const ward = new Ward();
    assert.equal(await ward.look('STORAGE_MISSING', 5), 0);
    ward.disk.exists = true;
    assert.equal(await ward.look('STORAGE_MISSING'), 1);
    assert.equal(ward.asked.at(-1), '/d/c');
  });

  for (const without of [1, null]) {
    test(`because its drive is missing is tried when the folder is on another device than ${without}`, async () => {
      const ward = new Ward();
      ward.disk.device = without;
      assert.equal(await ward.look('STORAGE_MISSING', 5), 0);
      ward.disk.device = 2;
      assert.equal(await ward.look('STORAGE_MISSING'), 1);
    });
  }

  test('because access is refused is tried when the folder may be written again', async () => {
    for (const code of ['STORAGE_ACCESS_DENIED', 'STORAGE_READ_ONLY']) {
      const ward = new Ward();
      assert.equal(await ward.look(code, 5), 0);
      ward.disk.isWritable = true;
      assert.equal(await ward.look(code), 1);
    }
  });

  test('for a reason that cannot be looked for is tried now and then, less and less often', async () => {
    const ward = new Ward();
    const tries: number[] = [];
    for (let i = 0; i < 40; i++) if ((await ward.look('STORAGE_WRITE_FAILED')) > 0) tries.push(i * 10);
    assert.deepEqual(tries, [0, 20, 60, 140, 300]);
  });

  test('for good is left alone', async () => {
    const ward = new Ward();
    assert.equal(await ward.look('ENGINE_HYBRID_MISMATCH', 10), 0);
  });

  test('waits after a cure that was none, unless the cause came back and went again', async () => {
    const ward = new Ward();
    ward.disk.exists = true;
    assert.equal(await ward.look('STORAGE_MISSING', 6), 2);
    ward.disk.exists = false;
    await ward.look('STORAGE_MISSING');
    ward.disk.exists = true;
    assert.equal(await ward.look('STORAGE_MISSING'), 1);
  });

  test('begins anew when it was well in between, or fails for another reason', async () => {
    const ward = new Ward();
    assert.equal(await ward.look('STORAGE_WRITE_FAILED'), 1);
    assert.equal(await ward.look('STORAGE_WRITE_FAILED'), 0);
    await ward.heal();
    assert.equal(await ward.look('STORAGE_WRITE_FAILED'), 1);
    assert.equal(await ward.look('STORAGE_TOO_MANY_FILES'), 1);
  });
});

test('the file system is asked by what is there', { skip: process.getuid?.() === 0 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-probe-'));
  try {
    const locked = join(folder, 'locked');
    await mkdir(locked, { mode: 0o500 });
    assert.equal(await fileSystemProbe.isWritable(locked), false);
    assert.equal(await fileSystemProbe.isWritable(join(locked, 'new', 'folder')), false);
    await chmod(locked, 0o700);
    assert.equal(await fileSystemProbe.isWritable(join(locked, 'new', 'folder')), true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the file system tells free space also for a folder that is not there yet', async () => {
  const free = await fileSystemProbe.free(join(tmpdir(), 'not', 'there'));
  assert.ok(free !== null && free > 0);
  assert.equal(await fileSystemProbe.device(join(tmpdir(), 'not-there')), null);
  assert.equal(await fileSystemProbe.device(tmpdir()), (await stat(tmpdir())).dev);
});
