/** What a file storage still knows after a stop, a kill, a power cut, and after others have touched its files. */
import assert from 'node:assert/strict';
import { renameSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/base/clock.ts';
import type { Storage } from '../../src/storage/index.ts';
import { failure, Machine, TempFolder } from './file-fixture.ts';
import { makeSample, type Sample } from './sample-torrent.ts';

const files = { 'a.bin': 50_000, 'b.bin': 60_000, 'c.bin': 40_000 };

/** Bytes of an intent of one piece, and of a done record of one piece that lies in one file. */
const INTENT = 29;
const DONE = 33;

interface Found {
  readonly have: number[];
  readonly suspect: number[];
}

async function resumed(storage: Storage): Promise<Found> {
  const { have, suspect } = await storage.resume();
  return { have: [...have], suspect: [...suspect] };
}

const piecesOf = (sample: Sample, path: string): number[] => {
  const { first, end } = sample.geometry.piecesOfFile(sample.file(path));
  return Array.from({ length: end - first }, (_, i) => first + i);
};

describe('after a kill', () => {
  it('every piece that was stored is known, and nothing is suspect', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample(files);
    const storage = await machine.open(sample);
    await sample.store(storage, [0, 3, 4, 9]);
    assert.deepEqual(await resumed(await machine.open(sample)), { have: [0, 3, 4, 9], suspect: [] });
  });

  it('at any byte of the journal, only the piece whose write was under way is suspect', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample(files);
    await sample.store(await machine.open(sample), [0, 1]);
    await sample.store(await machine.open(sample), [2]);
    const journal = folder.read(machine.journal());
    const snapshot = journal.length - INTENT - DONE;
    for (let length = snapshot; length <= journal.length; length++) {
      writeFileSync(folder.join(machine.journal()), journal.subarray(0, length));
      const hasIntent = length >= snapshot + INTENT;
      const isDone = length === journal.length;
      const wanted = isDone ? { have: [0, 1, 2], suspect: [] } : hasIntent ? { have: [0, 1], suspect: [2] } : null;
      const found = await resumed(await machine.open(sample));
      // Without the intent the data would not have been written; here it was, which looks like a foreign write.
      assert.deepEqual(found, wanted ?? { have: [], suspect: [0, 1, 2] }, `cut at ${length}`);
    }
  });

  it('a piece written in part is suspect and proves bad, one written in full proves good', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample({ 'x.bin': 80_000 }, { isSingleFile: true });
    await sample.store(await machine.open(sample), [0, 1]);
    const storage = await machine.open(sample);
    await sample.store(storage, [2, 3]);
    const journal = folder.read(machine.journal());
    const time = statSync(folder.join('data/sample')).mtimeMs;
    for (const written of [0, 5_000, 16_384]) {
      // The journal ends with I(2) D(2) I(3) D(3): without the last record piece 3 is under way.
      writeFileSync(folder.join(machine.journal()), journal.subarray(0, journal.length - DONE));
      const content = sample.bytes(0, 80_000);
      content.fill(0, 3 * 16_384 + written);
      writeFileSync(folder.join('data/sample'), content.subarray(0, 4 * 16_384));
      folder.setTime('data/sample', Math.floor(time) + 500);
      const again = await machine.open(sample);
      assert.deepEqual(await resumed(again), { have: [0, 1, 2], suspect: [3] });
      assert.equal(await again.check(3, sample.expected(3)), written === 16_384);
    }
  });

  it('at random moments, no stored piece is lost and no bad one is taken for good', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            pieces: fc.uniqueArray(fc.nat(9), { maxLength: 6 }),
            isClean: fc.boolean(),
            isFlushed: fc.boolean(),
            forgotten: fc.option(fc.nat(9)),
          }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        async (runs) => {
          using folder = new TempFolder();
          const machine = new Machine(folder);
          const sample = makeSample(files);
          const stored = new Set<number>();
          for (const run of runs) {
            const storage = await machine.open(sample);
            assert.deepEqual(await resumed(storage), { have: [...stored].sort((a, b) => a - b), suspect: [] });
            await sample.store(storage, run.pieces);
            for (const piece of run.pieces) stored.add(piece);
            if (run.forgotten !== null) {
              storage.forget(run.forgotten);
              stored.delete(run.forgotten);
            }
            if (run.isFlushed) await storage.flush();
            if (run.isClean) await storage.close();
          }
          const last = await machine.open(sample);
          const good = await last.checkAll((await last.resume()).have, sample.expected);
          assert.equal(good.count, stored.size);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('after a power cut', () => {
  it('what was flushed is known, the rest is suspect', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const storage = await new Machine(folder, 1).open(sample);
    await sample.store(storage, [0, 1, 5]);
    await storage.flush();
    await sample.store(storage, [2, 6]);
    assert.deepEqual(await resumed(await new Machine(folder, 2).open(sample)), { have: [0, 1, 5], suspect: [2, 6] });
  });

  it('what was stored before the clock was set forward is flushed all the same', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'a.bin': 50_000, 'b.bin': 30_000 });
    const clock = { ...systemClock, wall: () => systemClock.wall() + 100_000 };
    const storage = await new Machine(folder, 1, {}, clock).open(sample);
    await sample.store(storage);
    // A flush of nothing would not look at the folder.
    renameSync(folder.join('data'), folder.join('away'));
    await assert.rejects(storage.flush(), failure('STORAGE_MISSING', 'data'));
  });

  it('a second one before the suspect pieces were looked at loses nothing', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const storage = await new Machine(folder, 1).open(sample);
    await sample.store(storage, [0, 1]);
    await storage.flush();
    await sample.store(storage, [2, 3]);
    const second = await new Machine(folder, 2).open(sample);
    await sample.store(second, [8]);
    const third = await new Machine(folder, 3).open(sample);
    assert.deepEqual(await resumed(third), { have: [0, 1], suspect: [2, 3, 8] });
    assert.deepEqual([...(await third.checkAll(sample.pieces(2, 3, 8), sample.expected))], [2, 3, 8]);
    assert.deepEqual(await resumed(await new Machine(folder, 3).open(sample)), { have: [0, 1, 2, 3, 8], suspect: [] });
  });

  it('a file that was written back after the journal was is not taken for a foreign write', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const machine = new Machine(folder, 1);
    const storage = await machine.open(sample);
    await sample.store(storage, [0]);
    await storage.flush();
    const length = folder.read(machine.journal()).length;
    await sample.store(storage, [1]);
    truncateSync(folder.join(machine.journal()), length);
    folder.setTime('data/sample/a.bin', Date.now() + 20_000);
    assert.deepEqual(await resumed(await new Machine(folder, 2).open(sample)), { have: [0], suspect: [] });
  });

  it('on a machine that tells no boot id, a kill is taken for one', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const storage = await new Machine(folder, 0).open(sample);
    await sample.store(storage, [0]);
    await storage.flush();
    await sample.store(storage, [1]);
    assert.deepEqual(await resumed(await new Machine(folder, 0).open(sample)), { have: [0], suspect: [1] });
  });

  it('after a clean end everything is known', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const storage = await new Machine(folder, 1).open(sample);
    await sample.store(storage);
    await storage.close();
    assert.equal((await resumed(await new Machine(folder, 2).open(sample))).have.length, sample.geometry.pieceCount);
  });
});

describe('after others have touched the files', () => {
  /** A complete torrent, closed or killed. */
  async function complete(folder: TempFolder, isClean: boolean): Promise<Sample> {
    const sample = makeSample(files);
    const storage = await new Machine(folder).open(sample);
    await sample.store(storage);
    if (isClean) await storage.close();
    return sample;
  }

  for (const isClean of [true, false]) {
    const end = isClean ? 'a clean end' : 'a kill';

    it(`a changed file makes all its pieces suspect, and no others (${end})`, async () => {
      using folder = new TempFolder();
      const sample = await complete(folder, isClean);
      const content = folder.read('data/sample/b.bin');
      content[40_000] = (content[40_000] as number) ^ 1;
      const time = statSync(folder.join('data/sample/b.bin')).mtimeMs;
      folder.write('data/sample/b.bin', content);
      folder.setTime('data/sample/b.bin', Math.floor(time) + 10);
      const storage = await new Machine(folder).open(sample);
      const suspect = piecesOf(sample, 'b.bin');
      const all = [...sample.all];
      assert.deepEqual(await resumed(storage), { have: all.filter((piece) => !suspect.includes(piece)), suspect });
      const good = await storage.checkAll((await storage.resume()).suspect, sample.expected);
      const bad = Math.floor((50_000 + 40_000) / 16_384);
      assert.deepEqual(
        [...good],
        suspect.filter((piece) => piece !== bad),
      );
      assert.deepEqual(
        (await resumed(await new Machine(folder).open(sample))).have,
        all.filter((piece) => piece !== bad),
      );
    });

    it(`a file that was cut loses the pieces behind the cut (${end})`, async () => {
      using folder = new TempFolder();
      const sample = await complete(folder, isClean);
      truncateSync(folder.join('data/sample/b.bin'), 20_000);
      folder.setTime('data/sample/b.bin', 1_700_000_000_000);
      const { have, suspect } = await resumed(await new Machine(folder).open(sample));
      // b.bin lies at 50,000 to 110,000: pieces 3 to 6; its byte 20,000 lies in piece 4.
      assert.deepEqual(have, [0, 1, 2, 7, 8, 9]);
      assert.deepEqual(suspect, [3]);
    });

    it(`a deleted file loses its pieces (${end})`, async () => {
      using folder = new TempFolder();
      const sample = await complete(folder, isClean);
      unlinkSync(folder.join('data/sample/b.bin'));
      assert.deepEqual(await resumed(await new Machine(folder).open(sample)), {
        have: [0, 1, 2, 7, 8, 9],
        suspect: [],
      });
    });
  }

  it('part files that somebody has deleted are not taken for there, though the file that they belong to is long enough', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample({ 'a.bin': 20_000, 'b.bin': 60_000 });
    const storage = await machine.open(sample);
    await sample.store(storage, [4]);
    await storage.select(new Set([sample.file('a.bin')]));
    await sample.store(storage, [0, 1]);
    await storage.close();
    const [parts] = folder.list('data').filter((name) => name.endsWith('.parts'));
    rmSync(folder.join('data', parts as string), { recursive: true });
    const { have, suspect } = await (await machine.open(sample)).resume();
    assert.deepEqual([[...have], [...suspect]], [[0, 4], [1]]);
  });

  it('what part files held is known in the file that became wanted', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample({ 'a.bin': 20_000, 'b.bin': 60_000 });
    const storage = await machine.open(sample, { selection: new Set([sample.file('a.bin')]) });
    await sample.store(storage, [0, 1]);
    await storage.select('all');
    await storage.close();
    const { have, suspect } = await (await machine.open(sample)).resume();
    assert.deepEqual([[...have], [...suspect]], [[0, 1], []]);
  });

  it('a file that somebody put in place is looked at, although the journal knows nothing of it', async () => {
    using folder = new TempFolder();
    const sample = makeSample(files);
    const storage = await new Machine(folder).open(sample);
    await sample.store(storage, [0]);
    await storage.close();
    folder.write('data/sample/b.bin', sample.fileContent('b.bin'));
    folder.write('data/sample/c.bin', sample.fileContent('c.bin'));
    const again = await new Machine(folder).open(sample);
    const { have, suspect } = await resumed(again);
    assert.deepEqual(have, [0]);
    assert.deepEqual([...(await again.checkAll(sample.pieces(...suspect), sample.expected))], [4, 5, 6, 7, 8, 9]);
  });
});

describe('a journal', () => {
  it('that is damaged makes everything suspect', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample(files);
    await sample.store(await machine.open(sample));
    const journal = folder.read(machine.journal());
    for (const at of [0, 50, 99, 110, journal.length - 50, journal.length - 1]) {
      const damaged = journal.slice();
      damaged[at] = (damaged[at] as number) ^ 0x10;
      folder.write(machine.journal(), damaged);
      const storage = await machine.open(sample);
      assert.deepEqual(await resumed(storage), { have: [], suspect: [...sample.all] }, `byte ${at}`);
      assert.match(machine.warnings.pop() ?? '', /a resume journal is damaged/);
    }
    folder.write(machine.journal(), journal);
    await machine.open(sample);
    assert.deepEqual(machine.warnings, []);
  });

  it('is not touched while a torrent only seeds', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample(files);
    const first = await machine.open(sample);
    await sample.store(first);
    await first.close();
    const before = statSync(folder.join(machine.journal()), { bigint: true });
    const storage = await machine.open(sample, { isWritable: false });
    assert.equal((await storage.resume()).have.isComplete, true);
    await sample.readPiece(storage, 0);
    await storage.close();
    const after = statSync(folder.join(machine.journal()), { bigint: true });
    assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
  });

  it('is written for data that was only checked, which itself stays untouched', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample(files);
    for (const path of Object.keys(files)) {
      folder.write(`data/sample/${path}`, sample.fileContent(path));
      folder.setTime(`data/sample/${path}`, 1_600_000_000_000);
    }
    const storage = await machine.open(sample, { isWritable: false });
    assert.equal((await storage.checkAll(sample.all, sample.expected)).isComplete, true);
    await storage.close();
    assert.deepEqual((await resumed(await machine.open(sample, { isWritable: false }))).have, [...sample.all]);
    for (const path of Object.keys(files)) {
      assert.equal(statSync(folder.join(`data/sample/${path}`)).mtimeMs, 1_600_000_000_000);
    }
  });

  it('that cannot be written costs a warning, not the download', async () => {
    using folder = new TempFolder();
    folder.write('state', Uint8Array.of(1));
    const machine = new Machine(folder);
    const sample = makeSample(files);
    const storage = await machine.open(sample);
    await sample.store(storage);
    assert.equal((await storage.resume()).have.isComplete, true);
    await storage.close();
    assert.equal(machine.warnings.length > 0, true);
    const again = await machine.open(sample);
    assert.deepEqual([...(await again.checkAll((await again.resume()).suspect, sample.expected))], [...sample.all]);
  });

  it('stays small however often pieces come and go', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample({ 'x.bin': 100, 'y.bin': 100 });
    const storage = await machine.open(sample);
    let largest = 0;
    for (let i = 0; i < 6000; i++) {
      await sample.store(storage, [0]);
      if (i % 500 === 0) largest = Math.max(largest, statSync(folder.join(machine.journal())).size);
    }
    assert.ok(largest > 50_000 && largest < 400_000, `${largest} bytes`);
    assert.deepEqual(await resumed(await machine.open(sample)), { have: [0], suspect: [] });
    await storage.close();
    assert.ok(statSync(folder.join(machine.journal())).size < 300);
  });
});
