/** Moves and renames of real files: between file systems, cut short by kills, with the drive gone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { concat } from '../../src/base/bytes.ts';
import { encodeMove } from '../../src/storage/file/journal-records.ts';
import type { FilePaths, Storage } from '../../src/storage/index.ts';
import { failure, Machine, onTmpfs, TempFolder, withDrive } from './file-fixture.ts';
import { makeSample, type Sample } from './sample-torrent.ts';

const files = { 'dir/a.bin': 50_000, 'dir/b.bin': 30_000 };

describe('a move', () => {
  it('to another file system copies, keeps times and the journal, and removes the originals', (context: TestContext) =>
    onTmpfs(context, '4m', async (other) => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample({ ...files, 'empty.txt': 0 });
      const storage = await machine.open(sample);
      await sample.store(storage);
      const time = statSync(folder.join('data/sample/dir/a.bin')).mtimeMs;
      const target = other.join('new');
      await storage.move(target);
      assert.deepEqual(folder.list('data'), []);
      assert.deepEqual(new Uint8Array(readFileSync(`${target}/sample/dir/a.bin`)), sample.fileContent('dir/a.bin'));
      assert.ok(existsSync(`${target}/sample/empty.txt`));
      assert.ok(Math.abs(statSync(`${target}/sample/dir/a.bin`).mtimeMs - time) < 1);
      const again = await machine.open(sample, { directory: target });
      assert.equal((await again.resume()).have.isComplete, true);
      await storage.close();
      await again.close();
    }));

  it('to a full file system leaves everything where it was', (context: TestContext) =>
    onTmpfs(context, '64k', async (other) => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample(files);
      const storage = await machine.open(sample);
      await sample.store(storage);
      await assert.rejects(storage.move(other.path), failure('STORAGE_NO_SPACE', other.path));
      assert.deepEqual(other.list(), []);
      assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
      assert.equal((await (await machine.open(sample)).resume()).have.isComplete, true);
    }));

  it('that fails half-way takes everything back', (context: TestContext) =>
    onTmpfs(context, '1m,nr_inodes=4', async (other) => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample(files);
      const storage = await machine.open(sample);
      await sample.store(storage);
      await assert.rejects(storage.move(other.path), failure('STORAGE_NO_SPACE', 'b.bin'));
      assert.deepEqual(other.list(), []);
      assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
      assert.equal((await (await machine.open(sample)).resume()).have.isComplete, true);
    }));

  it('that fails where nothing can be removed is forgotten all the same, and what stands in the way stays', (context: TestContext) =>
    onTmpfs(context, '1m', async (other, remountReadOnly) => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample({ 'a.bin': 50_000, 'dir/b.bin': 30_000 });
      const storage = await machine.open(sample);
      await sample.store(storage);
      mkdirSync(folder.join('new/sample/dir'), { recursive: true });
      remountReadOnly();
      execFileSync('mount', ['--bind', other.path, folder.join('new/sample/dir')]);
      try {
        await assert.rejects(storage.move(folder.join('new')), failure('STORAGE_READ_ONLY', 'b.bin'));
        await storage.close();
      } finally {
        execFileSync('umount', [folder.join('new/sample/dir')]);
      }
      folder.write('new/sample/dir/b.bin', Uint8Array.of(1));
      const again = await machine.open(sample);
      assert.equal((await again.resume()).have.isComplete, true);
      assert.deepEqual(folder.read('new/sample/dir/b.bin'), Uint8Array.of(1));
      await again.close();
    }));

  for (const where of ['on the same file system', 'on another file system']) {
    it(`${where} moves nothing onto a link`, (context: TestContext) =>
      onTmpfs(context, '1m', async (other) => {
        using folder = new TempFolder();
        const sample = makeSample(files);
        const storage = await new Machine(folder).open(sample);
        await sample.store(storage);
        const target = where === 'on another file system' ? other : folder;
        mkdirSync(target.join('new/sample/dir'), { recursive: true });
        symlinkSync('elsewhere', target.join('new/sample/dir/b.bin'));
        await assert.rejects(storage.move(target.join('new')), failure('STORAGE_TARGET_EXISTS', 'b.bin'));
        assert.equal(readlinkSync(target.join('new/sample/dir/b.bin')), 'elsewhere');
        assert.deepEqual(folder.list('data'), ['sample', 'sample/dir', 'sample/dir/a.bin', 'sample/dir/b.bin']);
        await storage.close();
      }));
  }

  it('is one also when the originals cannot be removed', (context: TestContext) =>
    onTmpfs(context, '1m', async (other, remountReadOnly) => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample(files);
      const before = await machine.open(sample, { directory: other.path });
      await sample.store(before);
      await before.close();
      remountReadOnly();
      const storage = await machine.open(sample, { directory: other.path });
      await storage.move(folder.join('data'));
      assert.equal(storage.directory, folder.join('data'));
      assert.deepEqual(machine.warnings.length, 1);
      await storage.close();
      const found = await machine.open(sample, { directory: folder.join('data') });
      assert.ok((await found.resume()).have.isComplete);
      await found.close();
    }));

  it('that is stopped half-way takes everything back', (context: TestContext) =>
    onTmpfs(context, '4m', async (other) => {
      using folder = new TempFolder();
      const sample = makeSample(files);
      const storage = await new Machine(folder).open(sample);
      await sample.store(storage);
      const abort = new AbortController();
      const reason = new Error('enough');
      const onProgress = (): void => abort.abort(reason);
      await assert.rejects(storage.move(other.path, { signal: abort.signal, onProgress }), reason);
      assert.deepEqual(other.list(), []);
      await storage.move(other.path);
      assert.ok(existsSync(other.join('sample/dir/b.bin')));
      await storage.close();
    }));

  it('to another file system lets peers read on, and keeps writes waiting', (context: TestContext) =>
    onTmpfs(context, '4m', async (other) => {
      using folder = new TempFolder();
      const sample = makeSample(files);
      const storage = await new Machine(folder).open(sample);
      await sample.store(storage, [0, 1, 2, 3]);
      const order: string[] = [];
      const note = (what: string) => (): unknown => order.push(what);
      await storage.move(other.path, {
        onProgress: (done) => {
          if (done > 50_000) return;
          void sample.readPiece(storage, 0).then(note('read'));
          void sample.store(storage, [4]).then(note('written'));
        },
      });
      note('moved')();
      await sample.store(storage, [4]);
      assert.deepEqual(order, ['read', 'moved', 'written']);
      assert.ok((await storage.resume()).have.isComplete);
      assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
      await storage.close();
    }));

  it('into a folder of its own leaves what lies there where another of its files belonged before', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'b.bin': 50_000, 'sample/b.bin': 50_000 });
    const storage = await new Machine(folder).open(sample, { selection: new Set([sample.file('b.bin')]) });
    await sample.store(storage, [0, 1, 2]);
    await storage.move(folder.join('data/sample'));
    assert.deepEqual(folder.read('data/sample/sample/b.bin').subarray(0, 49_152), sample.bytes(0, 49_152));
    await storage.close();
  });

  for (const how of ['move', 'rename'] as const) {
    it(`does not count as flushed what was on its way meanwhile (${how})`, async () => {
      using folder = new TempFolder();
      const sample = makeSample(files);
      const storage = await new Machine(folder, 1).open(sample);
      await sample.store(storage);
      const directory = folder.join(how === 'move' ? 'new' : 'data');
      const paths: FilePaths = how === 'move' ? new Map() : new Map([[0, ['sample', 'other']]]);
      const flushing = storage.flush();
      await (how === 'move' ? storage.move(directory) : storage.rename(paths));
      await flushing;
      const { have, suspect } = await (await new Machine(folder, 2).open(sample, { directory, paths })).resume();
      assert.ok(have.isEmpty && suspect.isComplete);
    });
  }

  describe('that a kill cut short', () => {
    /** The torrent at its old place, as the journal knows it while the files are on their way. */
    async function underWay(folder: TempFolder): Promise<{ machine: Machine; sample: Sample; journal: Uint8Array }> {
      const machine = new Machine(folder);
      const sample = makeSample(files);
      const storage = await machine.open(sample);
      await sample.store(storage);
      await storage.close();
      const journal = concat([folder.read(machine.journal()), encodeMove(folder.join('new'))]);
      folder.write(machine.journal(), journal);
      return { machine, sample, journal };
    }

    it('between two renames is undone', async () => {
      using folder = new TempFolder();
      const { machine, sample } = await underWay(folder);
      mkdirSync(folder.join('new/sample/dir'), { recursive: true });
      renameSync(folder.join('data/sample/dir/a.bin'), folder.join('new/sample/dir/a.bin'));
      const again = await machine.open(sample);
      assert.equal((await again.resume()).have.isComplete, true);
      assert.deepEqual(folder.read('data/sample/dir/a.bin'), sample.fileContent('dir/a.bin'));
      assert.deepEqual(folder.list('new'), []);
    });

    it('while it copied leaves no half copies, and is forgotten', async () => {
      using folder = new TempFolder();
      const { machine, sample } = await underWay(folder);
      folder.write('new/sample/dir/a.bin', sample.fileContent('dir/a.bin'));
      folder.write('new/sample/dir/b.bin', sample.fileContent('dir/b.bin').subarray(0, 9_000));
      assert.equal((await (await machine.open(sample)).resume()).have.isComplete, true);
      assert.deepEqual(folder.list('new'), []);
      folder.write('new/sample/dir/a.bin', Uint8Array.of(1));
      await machine.open(sample);
      assert.deepEqual(folder.list('new'), ['sample', 'sample/dir', 'sample/dir/a.bin']);
    });

    it('when only originals were still to be removed is finished', async () => {
      using folder = new TempFolder();
      const { machine, sample, journal } = await underWay(folder);
      const [name, a] = [machine.journal(), 'data/sample/dir/a.bin'];
      const original = folder.read(a);
      await (await machine.open(sample)).move(folder.join('new'));
      folder.write(a, original);
      folder.write(name, journal);
      for (let opened = 0; opened < 2; opened++) {
        const again = await machine.open(sample);
        assert.equal(again.directory, folder.join('new'));
        assert.equal((await again.resume()).have.isComplete, true);
        assert.deepEqual(folder.list('data'), []);
      }
    });

    it('when originals were still to be removed waits for the drive to which it went, unless a check is asked for', (context: TestContext) =>
      withDrive(context, async (drive) => {
        using folder = new TempFolder();
        const machine = new Machine(folder);
        const sample = makeSample(files);
        const storage = await machine.open(sample);
        await sample.store(storage);
        await storage.close();
        const [name, b] = [machine.journal(), 'data/sample/dir/b.bin'];
        const journal = concat([folder.read(name), encodeMove(drive.path)]);
        const original = folder.read(b);
        await (await machine.open(sample)).move(drive.path);
        folder.write(b, original);
        folder.write(name, journal);
        drive.unplug();
        await assert.rejects(machine.open(sample), failure('STORAGE_MISSING', drive.path));
        drive.plug();
        const again = await machine.open(sample);
        assert.deepEqual([again.directory, (await again.resume()).have.isComplete], [drive.path, true]);
        assert.deepEqual(folder.list('data'), []);
        folder.write(b, original);
        folder.write(name, journal);
        drive.unplug();
        const checked = await machine.open(sample, { ignoresJournal: true });
        assert.equal(checked.directory, folder.join('data'));
      }));

    it('is undone also when a second kill came while a copy was on its way back', (context: TestContext) =>
      onTmpfs(context, '4m', async (other) => {
        using folder = new TempFolder();
        const machine = new Machine(folder);
        const sample = makeSample(files);
        const storage = await machine.open(sample);
        await sample.store(storage);
        await storage.close();
        const [name, b] = [machine.journal(), 'data/sample/dir/b.bin'];
        const journal = concat([folder.read(name), encodeMove(other.path)]);
        const original = folder.read(b);
        await (await machine.open(sample)).move(other.path);
        folder.write(name, journal);
        folder.write(b, original);
        // Touched since, so that the journal there vouches for nothing.
        other.setTime('sample/dir/a.bin', 1);
        folder.write('data/sample/dir/a.bin', other.read('sample/dir/a.bin').subarray(0, 20_000));
        const again = await machine.open(sample);
        assert.ok((await again.checkAll(sample.all, sample.expected)).isComplete);
        assert.deepEqual(other.list(), []);
      }));

    it('before anybody kept the new place in mind: the old one leads there until it is first opened by its name', async () => {
      using folder = new TempFolder();
      const { machine, sample } = await underWay(folder);
      await (await machine.open(sample)).move(folder.join('new'));
      const led = await machine.open(sample);
      assert.equal(led.directory, folder.join('new'));
      await sample.store(led, [0]);
      assert.equal((await machine.open(sample)).directory, folder.join('new'));
      const known = await machine.open(sample, { directory: folder.join('new') });
      assert.equal((await known.resume()).have.isComplete, true);
      const fresh = await machine.open(sample);
      assert.equal(fresh.directory, folder.join('data'));
      assert.ok((await fresh.resume()).have.isEmpty);
    });

    it('when the originals were gone and their folders were not is finished', async () => {
      using folder = new TempFolder();
      const { machine, sample, journal } = await underWay(folder);
      const name = machine.journal();
      await (await machine.open(sample)).move(folder.join('new'));
      mkdirSync(folder.join('data/sample/dir'), { recursive: true });
      folder.write(name, journal);
      assert.equal((await machine.open(sample)).directory, folder.join('new'));
      assert.deepEqual(folder.list('data'), []);
    });

    it('before anybody kept the new place of renamed files in mind leads there as well', async () => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample(files);
      const paths: FilePaths = new Map([[sample.file('dir/a.bin'), ['sample', 'other', 'a.bin']]]);
      const storage = await machine.open(sample, { paths });
      await sample.store(storage);
      await storage.move(folder.join('new'));
      const led = await machine.open(sample, { paths });
      assert.equal(led.directory, folder.join('new'));
      assert.equal((await led.resume()).have.isComplete, true);
    });

    it('is undone also when a journal of an earlier stay lies at the new place', async () => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample(files);
      const earlier = await machine.open(sample, { directory: folder.join('new') });
      await sample.store(earlier);
      await earlier.close();
      rmSync(folder.join('new'), { recursive: true });
      const storage = await machine.open(sample);
      await sample.store(storage);
      await storage.close();
      const old = readdirSync(folder.join('state')).map((name) => join('state', name));
      for (const journal of old) folder.write(journal, concat([folder.read(journal), encodeMove(folder.join('new'))]));
      folder.write('new/sample/dir/a.bin', sample.fileContent('dir/a.bin'));
      folder.write('new/sample/dir/b.bin', sample.fileContent('dir/b.bin'));
      const again = await machine.open(sample);
      assert.equal(again.directory, folder.join('data'));
      assert.equal((await again.resume()).have.isComplete, true);
      assert.deepEqual(folder.list('new'), []);
      await again.abandon();
      assert.deepEqual(folder.list('state'), []);
    });

    it('of which nothing had arrived yet leads to the new place too, and leaves nothing when it is forgotten', async () => {
      using folder = new TempFolder();
      const machine = new Machine(folder);
      const sample = makeSample(files);
      await (await machine.open(sample)).move(folder.join('new'));
      const led = await machine.open(sample, { ignoresJournal: true });
      assert.equal(led.directory, folder.join('new'));
      await led.abandon();
      assert.deepEqual(folder.list('state'), []);
    });
  });
});

describe('of two torrents on their way to the same names one arrives, and the other stays where it is', () => {
  const arrive = async (
    [one, other]: readonly [Sample, Sample],
    [here, there]: readonly [Storage, Storage],
    moves: readonly Promise<void>[],
  ): Promise<void> => {
    const results = await Promise.allSettled(moves);
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    assert.ok((await here.checkAll(one.all, one.expected)).isComplete);
    assert.ok((await there.checkAll(other.all, other.expected)).isComplete);
    await here.close();
    await there.close();
  };
  const samples = [makeSample(files), makeSample({ 'dir/b.bin': 20_000, 'dir/c.bin': 40_000 })] as const;

  for (const where of ['on the same file system', 'on another file system']) {
    it(`moved to a folder ${where}`, (context: TestContext) =>
      onTmpfs(context, '4m', async (tmpfs) => {
        using folder = new TempFolder();
        const target = where === 'on another file system' ? tmpfs : folder;
        const machine = new Machine(folder);
        const [one, other] = samples;
        const here = await machine.open(one);
        const there = await machine.open(other, { directory: folder.join('other') });
        await one.store(here);
        await other.store(there);
        const moves = [here, there].map((storage) => storage.move(target.join('new')));
        await arrive(samples, [here, there], moves);
      }));
  }

  it('renamed', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const [one, other] = [samples[0], makeSample({ 'c.bin': 20_000 })];
    const [here, there] = [await machine.open(one), await machine.open(other)];
    await one.store(here);
    await other.store(there);
    const moves = [here, there].map((storage) => storage.rename(new Map([[0, ['new.bin']]])));
    await arrive([one, other], [here, there], moves);
  });
});

it('renaming into a folder on another file system is refused and changes nothing', (context: TestContext) =>
  onTmpfs(context, '1m', async (other) => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const storage = await new Machine(folder).open(sample);
    await sample.store(storage);
    mkdirSync(folder.join('data/sample/other'));
    execFileSync('mount', ['--bind', other.path, folder.join('data/sample/other')]);
    try {
      const paths: FilePaths = new Map([
        [0, ['sample', 'dir', 'c.bin']],
        [1, ['sample', 'other', 'b.bin']],
      ]);
      await assert.rejects(storage.rename(paths), failure('STORAGE_WRITE_FAILED', 'other/b.bin'));
      assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
      assert.deepEqual(folder.list('data/sample/dir'), ['a.bin', 'b.bin']);
      await storage.close();
    } finally {
      execFileSync('umount', [folder.join('data/sample/other')]);
    }
  }));

describe('renaming that a kill cut short', () => {
  const paths = (sample: Sample): FilePaths =>
    new Map([
      [sample.file('dir/a.bin'), ['sample', 'other', 'a.bin']],
      [sample.file('dir/b.bin'), ['sample', 'other', 'b.bin']],
    ]);

  async function stored(folder: TempFolder): Promise<{ machine: Machine; sample: Sample }> {
    const machine = new Machine(folder);
    const sample = makeSample(files);
    const storage = await machine.open(sample);
    await sample.store(storage);
    await storage.close();
    return { machine, sample };
  }

  for (const renamed of [[], ['a.bin'], ['a.bin', 'b.bin']]) {
    it(`after ${renamed.length} of 2 files is finished`, async () => {
      using folder = new TempFolder();
      const { machine, sample } = await stored(folder);
      mkdirSync(folder.join('data/sample/other'));
      for (const name of renamed)
        renameSync(folder.join(`data/sample/dir/${name}`), folder.join(`data/sample/other/${name}`));
      for (let opened = 0; opened < 2; opened++) {
        const again = await machine.open(sample, { paths: paths(sample) });
        assert.deepEqual([...(await again.resume()).suspect], []);
        assert.equal((await again.resume()).have.isComplete, true);
      }
      assert.deepEqual(folder.list('data/sample'), ['other', 'other/a.bin', 'other/b.bin']);
    });
  }

  for (const renamed of [[], ['a.bin']]) {
    it(`after ${renamed.length} of 2 files is finished also when there was no journal yet`, async () => {
      using folder = new TempFolder();
      const { machine, sample } = await stored(folder);
      rmSync(folder.join('state'), { recursive: true });
      mkdirSync(folder.join('data/sample/other'));
      for (const name of renamed)
        renameSync(folder.join(`data/sample/dir/${name}`), folder.join(`data/sample/other/${name}`));
      const again = await machine.open(sample, { paths: paths(sample) });
      assert.ok((await again.resume()).suspect.isComplete);
      assert.deepEqual(folder.list('data/sample'), ['other', 'other/a.bin', 'other/b.bin']);
    });
  }

  it('takes no file of others for its own, without a journal, also when the next start knows nothing of them', async () => {
    using folder = new TempFolder();
    const { machine, sample } = await stored(folder);
    rmSync(folder.join('state'), { recursive: true });
    const first = await machine.open(sample, { paths: paths(sample), areOwnPathsTaken: () => true });
    assert.ok((await first.resume()).suspect.isEmpty);
    await machine.open(sample, { paths: paths(sample) });
    assert.deepEqual(folder.list('data/sample'), ['dir', 'dir/a.bin', 'dir/b.bin']);
  });

  it('leaves a file alone that has come to lie at the old path since', async () => {
    using folder = new TempFolder();
    const { machine, sample } = await stored(folder);
    mkdirSync(folder.join('data/sample/other'));
    renameSync(folder.join('data/sample/dir/a.bin'), folder.join('data/sample/other/a.bin'));
    folder.write('data/sample/dir/a.bin', Uint8Array.of(1));
    await machine.open(sample, { paths: paths(sample) });
    assert.deepEqual(folder.read('data/sample/dir/a.bin'), Uint8Array.of(1));
    assert.deepEqual(folder.read('data/sample/other/a.bin'), sample.fileContent('dir/a.bin'));
  });

  it('does not overwrite a file of others at the new path', async () => {
    using folder = new TempFolder();
    const { machine, sample } = await stored(folder);
    folder.write('data/sample/other/b.bin', Uint8Array.of(1));
    // Of the very same time, as happens when two files are written one after the other.
    execFileSync('touch', ['-r', folder.join('data/sample/dir/b.bin'), folder.join('data/sample/other/b.bin')]);
    await assert.rejects(machine.open(sample, { paths: paths(sample) }), failure('STORAGE_TARGET_EXISTS', 'b.bin'));
    assert.deepEqual(folder.read('data/sample/other/b.bin'), Uint8Array.of(1));
  });
});
