/** Data that is gone for a while: the drive unplugged, the folder moved away, the disk full. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { Storage } from '../../src/storage/index.ts';
import { type Drive, failure, Machine, TempFolder, withDrive } from './file-fixture.ts';
import { makeSample, type Sample, type SampleFiles } from './sample-torrent.ts';

const layouts: Readonly<Record<string, { readonly files: SampleFiles; readonly isSingleFile: boolean }>> = {
  'one file': { files: { 'a.bin': 80_000 }, isSingleFile: true },
  'a folder of files': { files: { 'dir/a.bin': 50_000, 'dir/b.bin': 30_000 }, isSingleFile: false },
};

interface Scene {
  readonly drive: Drive;
  readonly sample: Sample;
  /** Opens the torrent; the journals are not on the drive. */
  readonly open: () => Promise<Storage>;
  /** As a check does: whatever the journal says. */
  readonly check: () => Promise<Storage>;
}

for (const [what, { files, isSingleFile }] of Object.entries(layouts)) {
  describe(`a drive with ${what}`, () => {
    const withScene = (context: TestContext, body: (scene: Scene) => Promise<void>): Promise<void> =>
      withDrive(context, async (drive) => {
        using state = new TempFolder();
        const machine = new Machine(state);
        const sample = makeSample(files, { isSingleFile });
        const directory = drive.path;
        await body({
          drive,
          sample,
          open: () => machine.open(sample, { directory }),
          check: () => machine.look(sample, { directory, ignoresJournal: true }),
        });
      });

    it('that is not there when the torrent is opened', (context) =>
      withScene(context, async ({ drive, sample, open }) => {
        const before = await open();
        await sample.store(before, [0, 1, 4]);
        await before.close();
        drive.unplug();
        await assert.rejects(open(), failure('STORAGE_MISSING', drive.path));
        assert.deepEqual(readdirSync(drive.path), []);
        drive.plug();
        const after = await open();
        assert.deepEqual([...(await after.resume()).have], [0, 1, 4]);
        assert.ok((await after.resume()).suspect.isEmpty);
        await after.close();
      }));

    it('that was taken for gone is so at the next start too, and what comes back is hashed', (context) =>
      withScene(context, async ({ drive, sample, open, check }) => {
        const before = await open();
        await sample.store(before, [0, 1, 4]);
        await before.close();
        drive.unplug();
        const checked = await check();
        assert.ok((await checked.resume()).have.isEmpty);
        await checked.close();
        const next = await open();
        assert.ok((await next.resume()).have.isEmpty);
        await next.close();
        drive.plug();
        const after = await open();
        const { suspect } = await after.resume();
        assert.deepEqual(
          [0, 1, 4].filter((piece) => suspect.has(piece)),
          [0, 1, 4],
        );
        await after.close();
      }));

    it('that goes while the torrent is open: nothing is made in its place, and all that was flushed is known', (context) =>
      withScene(context, async ({ drive, sample, open }) => {
        const storage = await open();
        await sample.store(storage, [0, 1]);
        await storage.flush();
        await sample.store(storage, [4]);
        await storage.close();
        const again = await open();
        await again.checkFolder();
        drive.unplug();
        await assert.rejects(again.checkFolder(), failure('STORAGE_MISSING', drive.path));
        await assert.rejects(sample.readPiece(again, 0), failure('STORAGE_MISSING', drive.path));
        await assert.rejects(sample.store(again, [2]), failure('STORAGE_MISSING', drive.path));
        await assert.rejects(again.checkAll(sample.all, sample.expected), failure('STORAGE_MISSING', drive.path));
        assert.deepEqual(readdirSync(drive.path), []);
        await again.close();
        drive.plug();
        const after = await open();
        assert.deepEqual([...(await after.resume()).have], [0, 1, 4]);
        assert.ok((await after.resume()).suspect.isEmpty);
        await after.close();
      }));

    it('that goes before the last pieces were flushed: only these are in doubt', (context) =>
      withScene(context, async ({ drive, sample, open }) => {
        const storage = await open();
        await sample.store(storage, [0, 1]);
        await storage.flush();
        await sample.store(storage, [4]);
        drive.unplug();
        await assert.rejects(storage.close(), failure('STORAGE_MISSING', drive.path));
        drive.plug();
        const after = await open();
        assert.deepEqual([...(await after.resume()).have], [0, 1]);
        assert.deepEqual([...(await after.resume()).suspect], [4]);
        assert.equal(await after.check(4, sample.expected(4)), true);
        await after.close();
      }));

    it('on which nothing can be renamed: its files keep their names until it is back', (context) =>
      withScene(context, async ({ drive, sample, open }) => {
        const storage = await open();
        await sample.store(storage);
        await storage.flush();
        drive.unplug();
        await assert.rejects(storage.rename(new Map([[0, ['other']]])), failure('STORAGE_MISSING', drive.path));
        await storage.close();
        drive.plug();
        const after = await open();
        assert.ok((await after.resume()).have.isComplete);
        await after.close();
      }));

    it('from which nothing can be moved', (context) =>
      withScene(context, async ({ drive, sample, open }) => {
        using other = new TempFolder();
        const storage = await open();
        await sample.store(storage);
        await storage.flush();
        drive.unplug();
        await assert.rejects(storage.move(other.path), failure('STORAGE_MISSING', drive.path));
        drive.plug();
        await storage.move(other.path);
        assert.ok((await storage.resume()).have.isComplete);
        await storage.close();
      }));
  });
}

describe('a save folder', () => {
  it('that was renamed away is not made again, and its data is known when it is back', async () => {
    using folder = new TempFolder();
    const machine = new Machine(folder);
    const sample = makeSample({ 'a.bin': 50_000, 'b.bin': 30_000 });
    const storage = await machine.open(sample);
    await sample.store(storage, [0]);
    await storage.close();
    const again = await machine.open(sample);
    renameSync(folder.join('data'), folder.join('away'));
    await assert.rejects(sample.store(again, [4]), failure('STORAGE_MISSING', 'data'));
    assert.equal(existsSync(folder.join('data')), false);
    renameSync(folder.join('away'), folder.join('data'));
    await sample.store(again, [4]);
    await again.close();
    assert.deepEqual([...(await (await machine.open(sample)).resume()).have], [0, 4]);
  });

  it('that was not there when the torrent was opened is made by the first piece, and only by it', async () => {
    using folder = new TempFolder();
    const sample = makeSample({ 'a.bin': 50_000, 'b.bin': 30_000 });
    const storage = await new Machine(folder).open(sample);
    await sample.store(storage, [0]);
    renameSync(folder.join('data'), folder.join('away'));
    await assert.rejects(sample.store(storage, [4]), failure('STORAGE_MISSING', 'data'));
    assert.equal(existsSync(folder.join('data')), false);
  });
});
