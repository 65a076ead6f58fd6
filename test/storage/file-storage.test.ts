/** What only real files can suffer: links, full and read-only disks, wrong kinds of files, other file systems. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { DstError } from '../../src/base/errors.ts';
import { Geometry } from '../../src/codec/metainfo/index.ts';
import type { PoolBuffer } from '../../src/storage/index.ts';
import { failure, Machine, onTmpfs, TempFolder } from './file-fixture.ts';
import { makeSample, type Sample } from './sample-torrent.ts';

const files = { 'dir/a.bin': 50_000, 'dir/b.bin': 30_000 };

/** A torrent of one file whose size nobody has room for. */
function enormous(): Sample {
  const sample = makeSample({ 'x.bin': 20_000 }, { isSingleFile: true });
  const length = 2 ** 50;
  const [file] = sample.geometry.files;
  const pieceLength = 2 ** 29;
  const info = { pieceLength, pieceCount: length / pieceLength, length, files: [{ ...file, length }], hasV1: true };
  return { ...sample, geometry: new Geometry(info as unknown as ConstructorParameters<typeof Geometry>[0]) };
}

describe('links in the save folder', () => {
  for (const [what, link] of [
    ['the torrent folder', 'data/sample'],
    ['a folder within it', 'data/sample/dir'],
  ] as const) {
    it(`in the place of ${what} is not followed when writing`, async () => {
      using folder = new TempFolder();
      const sample = makeSample(files);
      mkdirSync(folder.join('outside/dir'), { recursive: true });
      mkdirSync(folder.join(link, '..'), { recursive: true });
      symlinkSync(folder.join('outside'), folder.join(link));
      await assert.rejects(new Machine(folder).open(sample), failure('STORAGE_SYMLINK', link));
      assert.deepEqual(folder.list('outside'), ['dir']);
    });
  }

  it('in the place of a file is not followed, dangling or not', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    folder.write('outside.bin', Uint8Array.of(7));
    mkdirSync(folder.join('data/sample/dir'), { recursive: true });
    symlinkSync(folder.join('outside.bin'), folder.join('data/sample/dir/a.bin'));
    symlinkSync(folder.join('missing.bin'), folder.join('data/sample/dir/b.bin'));
    const storage = await new Machine(folder).open(sample);
    await assert.rejects(sample.store(storage, [0]), failure('STORAGE_SYMLINK', 'a.bin'));
    await assert.rejects(sample.store(storage, [4]), failure('STORAGE_SYMLINK', 'b.bin'));
    assert.deepEqual(folder.read('outside.bin'), Uint8Array.of(7));
    assert.equal(existsSync(folder.join('missing.bin')), false);
  });

  it('that appears after the folder was verified is refused when the file is opened', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    folder.write('outside.bin', Uint8Array.of(7));
    const storage = await new Machine(folder).open(sample);
    await sample.store(storage, [0]);
    symlinkSync(folder.join('outside.bin'), folder.join('data/sample/dir/b.bin'));
    await assert.rejects(sample.store(storage, [4]), failure('STORAGE_SYMLINK', 'b.bin'));
    assert.deepEqual(folder.read('outside.bin'), Uint8Array.of(7));
  });

  it('are followed when the folder is only read: it is the user who linked them', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    for (const path of Object.keys(files)) folder.write(`elsewhere/${path}`, sample.fileContent(path));
    mkdirSync(folder.join('data'));
    symlinkSync(folder.join('elsewhere'), folder.join('data/sample'));
    const storage = await new Machine(folder).open(sample, { isWritable: false });
    assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
  });

  it('the save folder itself may be one', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    mkdirSync(folder.join('elsewhere'));
    symlinkSync(folder.join('elsewhere'), folder.join('data'));
    await sample.store(await new Machine(folder).open(sample));
    assert.deepEqual(folder.read('elsewhere/sample/dir/a.bin'), sample.fileContent('dir/a.bin'));
  });

  const linked = { ...files, 'deep/link': { content: new Uint8Array(0), symlink: ['dir', 'a.bin'] } };

  it('that a torrent asks for are made only when the session allows it', async () => {
    using folder = new TempFolder();
    const sample = makeSample(linked);
    await sample.store(await new Machine(folder).open(sample));
    assert.equal(existsSync(folder.join('data/sample/deep/link')), false);
    await new Machine(folder, 1, { symlinks: true }).open(sample);
    assert.equal(readlinkSync(folder.join('data/sample/deep/link')), '../dir/a.bin');
    assert.deepEqual(folder.read('data/sample/deep/link'), sample.fileContent('dir/a.bin'));
  });

  it('that a torrent had made do not lead its other files elsewhere', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'x/a.bin': 20_000, 'y/b.bin': 20_000 });
    mkdirSync(folder.join('data/sample/y'), { recursive: true });
    symlinkSync('y', folder.join('data/sample/x'));
    const opening = new Machine(folder, 1, { symlinks: true }).open(sample);
    await assert.rejects(opening, failure('STORAGE_SYMLINK', 'sample/x'));
  });
});

describe('files of the wrong kind', () => {
  it('a file where a folder must be, a folder where a file must be', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'dir/a.bin': 20_000, 'other/b.bin': 20_000 });
    folder.write('data/sample/dir', Uint8Array.of(1));
    mkdirSync(folder.join('data/sample/other/b.bin'), { recursive: true });
    const storage = await new Machine(folder).open(sample);
    await assert.rejects(sample.store(storage, [0]), failure('STORAGE_PATH_BLOCKED', 'dir'));
    await assert.rejects(sample.store(storage, [2]), failure('STORAGE_PATH_BLOCKED', 'b.bin'));
  });

  it('a named pipe where a file must be', async (context) => {
    if (process.platform === 'win32') return context.skip('Windows has no named pipes in folders');
    using folder = new TempFolder();
    const sample = makeSample({ 'a.bin': 20_000, 'b.bin': 10 });
    mkdirSync(folder.join('data/sample'), { recursive: true });
    execFileSync('mkfifo', [folder.join('data/sample/a.bin')]);
    const storage = await new Machine(folder).open(sample);
    await assert.rejects(sample.store(storage, [0]), failure('STORAGE_PATH_BLOCKED', 'a.bin'));
    await assert.rejects(sample.readPiece(storage, 0), failure('STORAGE_PATH_BLOCKED', 'a.bin'));
  });

  it('a save folder where none can be made', async (context) => {
    if (process.platform !== 'linux') return context.skip('there is no /proc');
    using folder = new TempFolder();
    const sample = makeSample({ 'a.bin': 20_000 });
    const storage = await new Machine(folder).open(sample, { directory: '/proc/dst-nothing/here' });
    await assert.rejects(sample.store(storage, [0]), failure('STORAGE_WRITE_FAILED', '/proc/dst-nothing/here'));
    await storage.close();
  });

  it('a name that is too long', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'a.bin': 20_000 });
    const [file] = sample.geometry.files;
    Object.assign(file as object, { path: ['sample', 'x'.repeat(300)] });
    const storage = await new Machine(folder).open(sample);
    await assert.rejects(sample.store(storage, [0]), failure('STORAGE_NAME_TOO_LONG', 'xxx'));
  });

  it('a longer file of the same name is cut to its length', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'x.bin': 40_000 }, { isSingleFile: true });
    folder.write('data/sample', new Uint8Array(70_000).fill(9));
    await sample.store(await new Machine(folder).open(sample));
    assert.deepEqual(folder.read('data/sample'), sample.bytes(0, 40_000));
  });

  it('executable files are made executable', async () => {
    using folder = new TempFolder();
    const sample = makeSample({
      'run.sh': { content: new Uint8Array(20_000).fill(3), isExecutable: true },
      'none.sh': { content: new Uint8Array(0), isExecutable: true },
      'x.txt': 10,
    });
    await sample.store(await new Machine(folder).open(sample));
    const modes = ['run.sh', 'none.sh', 'x.txt'].map((path) => statSync(folder.join('data/sample', path)).mode & 0o100);
    assert.deepEqual(modes, [0o100, 0o100, 0]);
  });
});

describe('space', () => {
  it('is claimed in full when that is asked for, with progress, and nothing counts as there for it', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample(files);
    const steps: number[] = [];
    const onAllocated = (done: number, total: number): void => void steps.push(done, total);
    const storage = await machine.open(sample, { allocation: 'full' }, { onAllocated });
    assert.deepEqual(steps, [50_000, 80_000, 80_000, 80_000]);
    assert.equal(statSync(folder.join('data/sample/dir/a.bin')).blocks * 512 >= 50_000, true);
    assert.deepEqual({ ...(await storage.resume()) }, { have: sample.pieces(), suspect: sample.pieces() });
    await sample.store(storage, [0]);
    const again = await machine.open(sample, { allocation: 'full' });
    assert.deepEqual([...(await again.resume()).have], [0]);
    assert.deepEqual([...(await again.resume()).suspect], []);
  });

  it('that is not there is missed before anything is written', async () => {
    using folder = new TempFolder();
    const opening = new Machine(folder).open(enormous(), { allocation: 'full' });
    await assert.rejects(opening, (error: unknown) => {
      assert.ok(error instanceof DstError);
      assert.equal(error.code, 'STORAGE_NO_SPACE');
      assert.match(error.message, /^1 PiB are needed in .*, [\d.]+ [KMGT]iB are free$/);
      assert.equal(error.details.needed, 2 ** 50);
      assert.ok(Number(error.details.available) > 0);
      return true;
    });
    assert.equal(existsSync(folder.join('data')), false);
  });

  it('is not claimed by default, however much a torrent declares', async () => {
    using folder = new TempFolder();
    const storage = await new Machine(folder).open(enormous());
    assert.equal((await storage.resume()).have.isEmpty, true);
    assert.equal(existsSync(folder.join('data')), false);
  });

  it('allocation stops when the signal aborts', async () => {
    using folder = new TempFolder();
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const opening = new Machine(folder).open(makeSample(files), { allocation: 'full' }, { signal });
    await assert.rejects(opening, reason);
  });

  it('that runs out fails the piece with a clear error; with room again it goes on', (context: TestContext) =>
    onTmpfs(context, '256k', async (folder) => {
      using state = new TempFolder();
      const sample = makeSample({ 'a.bin': 400_000 }, { isSingleFile: true });
      const machine = new Machine(folder, 1, { stateDirectory: state.join('state') });
      writeFileSync(folder.join('ballast'), new Uint8Array(150_000));
      const storage = await machine.open(sample, { directory: folder.path });
      await sample.store(storage, [0, 1]);
      await assert.rejects(sample.store(storage, [2, 3, 4, 5, 6, 7, 8]), failure('STORAGE_NO_SPACE', 'sample'));
      const { have } = await storage.resume();
      assert.ok(have.has(0) && have.has(1) && !have.has(8));
      writeFileSync(folder.join('ballast'), new Uint8Array(0));
      await sample.store(storage, [2, 3, 4, 5, 6, 7, 8]);
      const again = await machine.open(sample, { directory: folder.path });
      assert.deepEqual([...(await again.resume()).have], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      assert.equal((await again.checkAll((await again.resume()).have, sample.expected)).count, 9);
      await storage.close();
      await again.close();
    }));

  it('of a read-only file system is named so', (context: TestContext) =>
    onTmpfs(context, '1m', async (folder, remountReadOnly) => {
      const sample = makeSample(files);
      for (const path of Object.keys(files)) folder.write(`sample/${path}`, sample.fileContent(path));
      remountReadOnly();
      const storage = await new Machine(folder, 1, { stateDirectory: null }).open(sample, { directory: folder.path });
      assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
      await assert.rejects(sample.store(storage, [0]), failure('STORAGE_READ_ONLY', 'a.bin'));
      await storage.close();
    }));
});

/** A file longer than a piece is written in parts, so that it is worth being kept open. */
const SEVERAL_PIECES = 17_000;

describe('a torrent of many files', () => {
  it('keeps only some of them open', async () => {
    using folder = new TempFolder();
    const names = Array.from({ length: 400 }, (_, i) => `f${i}.bin`);
    const sample = makeSample(Object.fromEntries(names.map((name) => [name, SEVERAL_PIECES])));
    const before = openFiles(folder);
    const storage = await new Machine(folder).open(sample);
    await sample.store(storage);
    const open = openFiles(folder) - before;
    if (process.platform === 'linux') assert.ok(open > 100 && open <= 128, `${open} files`);
    await storage.close();
    assert.equal(openFiles(folder), before);
    assert.equal(folder.list('data/sample').length, 400);
  });

  it('makes do with fewer when the process may open only few', (context) => {
    if (process.platform === 'win32') return context.skip('Windows has no such limit');
    using folder = new TempFolder();
    const program = `
      import { makeSample } from ${JSON.stringify(join(import.meta.dirname, 'sample-torrent.ts'))};
      import { fileStorage } from ${JSON.stringify(join(import.meta.dirname, '../../src/storage/file/index.ts'))};
      const sample = makeSample(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [i + '.bin', ${SEVERAL_PIECES}])));
      const options = { selection: 'all', allocation: 'sparse', isWritable: true, infoHashes: sample.infoHashes };
      const factory = fileStorage({ workers: 0 });
      const storage = await factory.open(sample.geometry, { ...options, directory: ${JSON.stringify(folder.path)} });
      await sample.store(storage);
      console.log((await storage.checkAll(sample.all, sample.expected)).isComplete);
    `;
    const node = [process.execPath, '--input-type=module', '-e', program];
    const output = execFileSync('sh', ['-c', 'ulimit -n 60 && exec "$@"', 'sh', ...node], { encoding: 'utf8' });
    assert.equal(output.trim(), 'true');
  });

  /** How many files below a folder this process has open. */
  function openFiles(folder: TempFolder): number {
    if (process.platform !== 'linux') return 0;
    const targets = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return targets.filter((target) => target.startsWith(folder.path)).length;
  }
});

describe('any torrent', () => {
  const layout = fc.record({
    lengths: fc
      .array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 6 })
      .filter((all) => all.some((length) => length > 0)),
    format: fc.constantFrom('v1', 'v2', 'hybrid'),
    pieceLength: fc.constantFrom(16_384, 32_768, 65_536),
    seed: fc.nat(),
  } as const);

  it('is read as it was written, whatever the order, the selection and the runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        layout,
        fc.array(fc.tuple(fc.nat(), fc.nat(40_000)), { maxLength: 5 }),
        fc.nat(63),
        async ({ lengths, format, pieceLength, seed }, runs, wanted) => {
          using folder = new TempFolder(tmpdir());
          const sample = makeSample(Object.fromEntries(lengths.map((length, i) => [`${i}.bin`, length])), {
            format,
            pieceLength,
          });
          const selection = new Set(lengths.flatMap((_, i) => ((wanted >> i) & 1 ? [sample.file(`${i}.bin`)] : [])));
          const machine = new Machine(folder);
          const storage = await machine.open(sample, { selection });
          const order = [...sample.all].sort((a, b) => ((a * 7919 + seed) % 13) - ((b * 7919 + seed) % 13));
          await sample.store(storage, order.slice(0, Math.ceil(order.length / 2)));
          if (seed % 2 === 0) await storage.select('all');
          await sample.store(storage, order);
          const { length } = sample.geometry;
          const wantedRuns = runs
            .map(([offset, size]) => ({ offset: offset % length, size: Math.min(size, length - (offset % length)) }))
            .filter((run) => run.size > 0);
          for (const { offset, size } of wantedRuns) {
            const buffer = sample.pool.take(size) as PoolBuffer;
            await storage.read(buffer, [{ offset, at: 0, length: size }]);
            assert.deepEqual(Buffer.compare(buffer.bytes, sample.bytes(offset, size)), 0);
            buffer.release();
          }
          await storage.close();
          const again = await machine.open(sample);
          assert.equal((await again.resume()).have.isComplete, true);
          for (const file of sample.geometry.files) {
            if (file.isPad) continue;
            const path = `data/${file.path.join('/')}`;
            assert.equal(Buffer.compare(folder.read(path), sample.bytes(file.offset, file.length)), 0, path);
          }
          await again.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a deletion that cannot be finished', () => {
  it('deletes what it can, and nothing is believed to be there afterwards', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const machine = new Machine(folder);
    const storage = await machine.open(sample);
    await sample.store(storage);
    await storage.flush();
    rmSync(folder.join('data/sample/dir/a.bin'));
    mkdirSync(folder.join('data/sample/dir/a.bin/in the way'), { recursive: true });
    await assert.rejects(storage.delete(), (error) => error instanceof DstError && /a\.bin/.test(error.message));
    assert.deepEqual(readdirSync(folder.join('data/sample/dir')), ['a.bin']);
    rmSync(folder.join('data/sample'), { recursive: true });
    const again = await machine.open(sample);
    assert.equal((await again.resume()).have.isEmpty, true);
    await again.close();
  });
});
