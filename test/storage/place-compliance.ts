/** What every storage owes its users when data moves, is renamed or goes: a part of the compliance suite. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { FilePaths, Storage } from '../../src/storage/index.ts';
import {
  assertBytes,
  casesOn,
  files,
  hasCode,
  optionsFor,
  type StorageFixture,
  withStorage,
} from './compliance-fixture.ts';
import type { Sample } from './sample-torrent.ts';

export function placeCompliance(makeFixture: () => Promise<StorageFixture>): void {
  const { it } = casesOn(makeFixture);

  it('moves everything to another folder and goes on there', async (sample, fixture) => {
    await withStorage(sample, fixture, async (storage) => {
      await sample.store(storage, [0, 1, 2, 5]);
      await storage.move(fixture.folder('b'));
      assert.deepEqual(await fixture.listFiles('a'), []);
      await sample.store(storage);
      assertBytes(await sample.readPiece(storage, 2), sample.bytes(32_768, sample.geometry.pieceSize(2)));
    });
    for (const path of Object.keys(files)) {
      assertBytes(await fixture.readFile('b', `sample/${path}`), sample.fileContent(path), path);
    }
    const directory = fixture.folder('b');
    await withStorage(
      sample,
      fixture,
      async (storage) => assert.equal((await storage.resume()).have.isComplete, true),
      { directory },
    );
  });

  it('moves nothing onto a file that exists', async (sample, fixture) => {
    await fixture.writeFile('b', 'sample/four.bin', Uint8Array.of(1, 2, 3));
    await withStorage(sample, fixture, async (storage) => {
      await sample.store(storage);
      await assert.rejects(storage.move(fixture.folder('b')), hasCode('STORAGE_TARGET_EXISTS'));
      assertBytes(await sample.readPiece(storage, 0), sample.bytes(0, sample.geometry.pieceSize(0)));
    });
    assertBytes(await fixture.readFile('b', 'sample/four.bin'), Uint8Array.of(1, 2, 3));
    assert.deepEqual(await fixture.listFiles('b'), ['sample/four.bin']);
    assert.equal((await fixture.listFiles('a')).length, Object.keys(files).length);
  });

  it('tells how far a move has come, and takes back one that is stopped', async (sample, fixture) => {
    await withStorage(sample, fixture, async (storage) => {
      await sample.store(storage);
      const before = await fixture.listFiles('a');
      const reason = new Error('enough');
      await assert.rejects(storage.move(fixture.folder('b'), { signal: AbortSignal.abort(reason) }), reason);
      assert.deepEqual([await fixture.listFiles('a'), await fixture.listFiles('b')], [before, []]);
      const steps: number[][] = [];
      await storage.move(fixture.folder('b'), { onProgress: (...step) => void steps.push(step) });
      const size = Object.values(files).reduce((sum, length) => sum + length, 0);
      assert.deepEqual(steps.at(-1), [size, size]);
      assert.equal(storage.directory, fixture.folder('b'));
      await storage.move(fixture.folder('b'));
      assert.deepEqual(await fixture.listFiles('b'), before);
    });
  });

  describe('with renamed files', () => {
    const renamed = (sample: Sample, entries: Record<string, string>): FilePaths =>
      new Map(Object.entries(entries).map(([path, to]) => [sample.file(path), to.split('/')]));
    const paths = (...others: string[]): string[] =>
      ['a/two.bin', 'b/empty.txt', 'four.bin']
        .map((path) => `sample/${path}`)
        .concat(others)
        .sort();
    const entries = { 'a/one.bin': 'other/one.dat', 'b/three.bin': 'sample/b/3.bin' };

    it('finds them where it is told that they lie', async (sample, fixture) => {
      const options = { paths: renamed(sample, entries) };
      await withStorage(sample, fixture, (storage) => sample.store(storage), options);
      assert.deepEqual(await fixture.listFiles('a'), paths('other/one.dat', 'sample/b/3.bin'));
      const isComplete = async (storage: Storage): Promise<void> =>
        assert.equal((await storage.resume()).have.isComplete, true);
      await withStorage(sample, fixture, isComplete, options);
    });

    it('renames what is there, and back', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage, [0, 1, 4]);
        await storage.rename(renamed(sample, entries));
        await sample.store(storage);
        assert.deepEqual(await fixture.listFiles('a'), paths('other/one.dat', 'sample/b/3.bin'));
        assertBytes(await fixture.readFile('a', 'other/one.dat'), sample.fileContent('a/one.bin'));
        assertBytes(await sample.readPiece(storage, 0), sample.bytes(0, sample.geometry.pieceSize(0)));
        await storage.rename(new Map());
        assert.deepEqual(await fixture.listFiles('a'), paths('sample/a/one.bin', 'sample/b/three.bin'));
      });
      await withStorage(sample, fixture, async (storage) =>
        assert.equal((await storage.resume()).have.isComplete, true),
      );
    });

    it('renames them when it is opened, as after a kill', async (sample, fixture) => {
      await withStorage(sample, fixture, (storage) => sample.store(storage));
      const isComplete = async (storage: Storage): Promise<void> =>
        assert.equal((await storage.resume()).have.isComplete, true);
      await withStorage(sample, fixture, isComplete, { paths: renamed(sample, entries) });
      assert.deepEqual(await fixture.listFiles('a'), paths('other/one.dat', 'sample/b/3.bin'));
      await withStorage(sample, fixture, isComplete, { paths: renamed(sample, { 'four.bin': 'four' }) });
      const others = ['sample/a/one.bin', 'sample/b/three.bin', 'four'];
      assert.deepEqual(
        await fixture.listFiles('a'),
        paths(...others).filter((path) => path !== 'sample/four.bin'),
      );
    });

    it('moves and deletes them', async (sample, fixture) => {
      await withStorage(
        sample,
        fixture,
        async (storage) => {
          await sample.store(storage);
          await storage.move(fixture.folder('b'));
          assert.deepEqual(await fixture.listFiles('b'), paths('other/one.dat', 'sample/b/3.bin'));
          await storage.delete();
          assert.deepEqual(await fixture.listFiles('b'), []);
        },
        { paths: renamed(sample, entries) },
      );
    });

    it('renames nothing onto a file that exists', async (sample, fixture) => {
      await fixture.writeFile('a', 'sample/b/3.bin', Uint8Array.of(1));
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        await assert.rejects(storage.rename(renamed(sample, entries)), hasCode('STORAGE_TARGET_EXISTS'));
      });
      assert.deepEqual(await fixture.listFiles('a'), paths('sample/a/one.bin', 'sample/b/3.bin', 'sample/b/three.bin'));
      assertBytes(await fixture.readFile('a', 'sample/b/3.bin'), Uint8Array.of(1));
    });

    for (const to of [
      '',
      '../x',
      'a/../x',
      'a//x',
      'a\0x',
      'x'.repeat(256),
      'sample/four.bin',
      'sample/a',
      'sample/four.bin/x',
    ]) {
      it(`refuses the path ${JSON.stringify(to)}`, async (sample, fixture) => {
        const bad = renamed(sample, { 'a/one.bin': to });
        await withStorage(sample, fixture, async (storage) => {
          await assert.rejects(storage.rename(bad), hasCode('STORAGE_BAD_PATH'));
        });
        const opening = fixture.factory.open(sample.geometry, optionsFor(sample, fixture, { paths: bad }));
        await assert.rejects(opening, hasCode('STORAGE_BAD_PATH'));
      });
    }
  });

  describe('when all of its files are gone', () => {
    const stored = async (sample: Sample, fixture: StorageFixture): Promise<void> => {
      await withStorage(sample, fixture, (storage) => sample.store(storage, [0, 1, 2]));
      for (const path of await fixture.listFiles('a')) await fixture.deleteFile('a', path);
    };

    it('says so and makes nothing in their place', async (sample, fixture) => {
      await stored(sample, fixture);
      const opening = fixture.factory.open(sample.geometry, optionsFor(sample, fixture, {}));
      await assert.rejects(opening, hasCode('STORAGE_MISSING'));
      assert.deepEqual(await fixture.listFiles('a'), []);
    });

    it('goes on with what it knew when they are back', async (sample, fixture) => {
      await withStorage(sample, fixture, (storage) => sample.store(storage, [0, 1, 2]));
      const before = await fixture.listFiles('a');
      const opening = fixture.factory.open(
        sample.geometry,
        optionsFor(sample, fixture, { directory: fixture.folder('b') }),
      );
      await (await opening).close();
      assert.deepEqual(await fixture.listFiles('a'), before);
    });

    it('starts anew when it is told not to believe its journal', async (sample, fixture) => {
      await stored(sample, fixture);
      await withStorage(
        sample,
        fixture,
        async (storage) => {
          const { have, suspect } = await storage.resume();
          assert.ok(have.isEmpty && suspect.isEmpty);
          await sample.store(storage);
        },
        { ignoresJournal: true },
      );
    });
  });
}
