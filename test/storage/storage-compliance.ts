/**
 * What every storage owes its users (the contract in src/storage/storage.ts), as one suite: here what becomes of data, in
 * `place-compliance.ts` where it lies. A storage proves itself with a fixture.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bitfield } from '../../src/base/bitfield.ts';
import { concat } from '../../src/base/bytes.ts';
import { type Encodable, encode } from '../../src/codec/bencode/index.ts';
import { decodeMetainfo, Geometry } from '../../src/codec/metainfo/index.ts';
import { cipherContent } from '../../src/storage/content-cipher.ts';
import type { FileSelection, PoolBuffer, ReadRun, Storage } from '../../src/storage/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import {
  assertBytes,
  casesOn,
  contentKey,
  files,
  hasCode,
  optionsFor,
  type StorageFixture,
  withStorage,
} from './compliance-fixture.ts';
import { placeCompliance } from './place-compliance.ts';
import { makeSample, type Sample } from './sample-torrent.ts';

export function storageCompliance(name: string, makeFixture: () => Promise<StorageFixture>): void {
  const { it, itInAllFormats } = casesOn(makeFixture);

  describe(`${name} storage`, () => {
    itInAllFormats('stores good pieces in the files where they belong', async (sample, fixture) => {
      await withStorage(sample, fixture, (storage) => sample.store(storage));
      for (const path of Object.keys(files)) {
        assertBytes(await fixture.readFile('a', `sample/${path}`), sample.fileContent(path), path);
      }
      assert.deepEqual(
        await fixture.listFiles('a'),
        Object.keys(files)
          .map((path) => `sample/${path}`)
          .sort(),
      );
    });

    itInAllFormats('reads back what it stored, pads and gaps as zeros', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        for (const piece of sample.all) {
          const { geometry } = sample;
          assertBytes(
            await sample.readPiece(storage, piece),
            sample.bytes(geometry.pieceOffset(piece), geometry.pieceSize(piece)),
          );
        }
      });
    });

    itInAllFormats('refuses a piece with a wrong byte and writes nothing of it', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        const buffer = sample.piece(0);
        buffer.bytes[20_000] = (buffer.bytes[20_000] as number) ^ 1;
        assert.equal(await storage.commit(0, buffer, sample.expected(0)), 'mismatch');
        assert.equal((await storage.resume()).have.has(0), false);
      });
      assert.deepEqual(await fixture.listFiles('a'), ['sample/b/empty.txt']);
    });

    itInAllFormats('knows what it has when it is opened again', async (sample, fixture) => {
      await withStorage(sample, fixture, (storage) => sample.store(storage, [0, 2]));
      await withStorage(sample, fixture, async (storage) => {
        const { have, suspect } = await storage.resume();
        assert.deepEqual([...have], [0, 2]);
        assert.deepEqual([...suspect], []);
        await sample.store(storage);
        assert.equal((await storage.resume()).have.isComplete, true);
      });
    });

    itInAllFormats(
      'suspects all of the data that it finds without having stored it, and checks it',
      async (sample, fixture) => {
        for (const path of Object.keys(files)) await fixture.writeFile('a', `sample/${path}`, sample.fileContent(path));
        await withStorage(sample, fixture, async (storage) => {
          const { have, suspect } = await storage.resume();
          assert.equal(have.isEmpty, true);
          assert.equal(suspect.isComplete, true);
          assert.equal(await storage.check(0, sample.expected(0)), true);
          const good = await storage.checkAll(sample.all, sample.expected);
          assert.equal(good.isComplete, true);
          assert.equal((await storage.resume()).have.isComplete, true);
        });
        await withStorage(sample, fixture, async (storage) => {
          assert.equal((await storage.resume()).have.isComplete, true);
        });
      },
    );

    it('finds the one damaged piece', async (sample, fixture) => {
      for (const path of Object.keys(files)) await fixture.writeFile('a', `sample/${path}`, sample.fileContent(path));
      const damaged = sample.fileContent('b/three.bin').slice();
      damaged[30_000] = (damaged[30_000] as number) ^ 0x80;
      await fixture.writeFile('a', 'sample/b/three.bin', damaged);
      await withStorage(sample, fixture, async (storage) => {
        const bad = Math.floor(
          ((sample.geometry.files[sample.file('b/three.bin')]?.offset ?? 0) + 30_000) / sample.geometry.pieceLength,
        );
        const good = await storage.checkAll(sample.all, sample.expected);
        assert.deepEqual(
          [...sample.all].filter((piece) => !good.has(piece)),
          [bad],
        );
        assert.equal(await storage.check(bad, sample.expected(bad)), false);
        const { have, suspect } = await storage.resume();
        assert.equal(have.has(bad) || suspect.has(bad), false);
      });
    });

    it('reports progress of a check and can be stopped', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        const counts: number[] = [];
        await storage.checkAll(sample.all, sample.expected, { onProgress: (checked) => counts.push(checked) });
        assert.equal(counts.at(-1), sample.geometry.pieceCount);
        const reason = new Error('enough');
        const stopped = storage.checkAll(sample.all, sample.expected, { signal: AbortSignal.abort(reason) });
        await assert.rejects(stopped, reason);
      });
    });

    it('a missing file makes its pieces missing, and checking them is no error', async (sample, fixture) => {
      await withStorage(sample, fixture, (storage) => sample.store(storage));
      await fixture.deleteFile('a', 'sample/four.bin');
      await withStorage(sample, fixture, async (storage) => {
        const { have, suspect } = await storage.resume();
        const { first, end } = sample.geometry.piecesOfFile(sample.file('four.bin'));
        for (let piece = first; piece < end; piece++) {
          assert.equal(have.has(piece) || suspect.has(piece), false);
          assert.equal(await storage.check(piece, sample.expected(piece)), false);
        }
        assert.equal(have.count, sample.geometry.pieceCount - (end - first));
        await assert.rejects(sample.readPiece(storage, first), hasCode('STORAGE_READ_FAILED'));
      });
    });

    it('reads runs of blocks to where they are wanted in the buffer', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        const runs: ReadRun[] = [
          { offset: 16_384, at: 13, length: 16_384 },
          { offset: 32_768, at: 16_410, length: 16_384 },
          { offset: 39_990, at: 32_807, length: 20 },
          { offset: 100, at: 32_840, length: 1 },
        ];
        const buffer = sample.pool.take(33_000) as PoolBuffer;
        buffer.bytes.fill(0xee);
        await storage.read(buffer, runs);
        const wanted = new Uint8Array(33_000).fill(0xee);
        for (const run of runs) wanted.set(sample.bytes(run.offset, run.length), run.at);
        assertBytes(buffer.bytes.slice(), wanted);
      });
    });

    for (const format of ['v2', 'hybrid'] as const) {
      it(`tells the hash of each block of the file in a stored piece (${format})`, async (_, fixture) => {
        const sample = makeSample({ 'x.bin': 100_000, 'y.bin': 10 }, { format, pieceLength: 65_536 });
        await withStorage(sample, fixture, async (storage) => {
          await sample.store(storage);
          const blocks = [65_536, 81_920, 98_304].map((start) =>
            sample.bytes(start, Math.min(16_384, 100_000 - start)),
          );
          assertBytes(await storage.leaves(1), concat(blocks.map((block) => nodeDigests.sha256(block))));
          assertBytes(await storage.leaves(2), nodeDigests.sha256(sample.bytes(131_072, 10)));
        });
      });
    }

    it('forgets a piece, also for the next time', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        storage.forget(3);
        assert.equal((await storage.resume()).have.has(3), false);
        await sample.store(storage, [3]);
        assert.equal((await storage.resume()).have.has(3), true);
        storage.forget(4);
      });
      await withStorage(sample, fixture, async (storage) => {
        const { have, suspect } = await storage.resume();
        assert.deepEqual(
          [...sample.all].filter((piece) => !have.has(piece)),
          [4],
        );
        assert.equal(suspect.has(4), false);
      });
    });

    it('for seeding creates nothing and refuses to commit', async (sample, fixture) => {
      await withStorage(
        sample,
        fixture,
        async (storage) => {
          assert.equal((await storage.resume()).suspect.isEmpty, true);
          await assert.rejects(sample.store(storage, [0]), hasCode('STORAGE_READ_ONLY'));
        },
        { isWritable: false },
      );
      assert.deepEqual(await fixture.listFiles('a'), []);
    });

    describe('with some files wanted', () => {
      const wanted = (sample: Sample, ...paths: string[]): FileSelection =>
        new Set(paths.map((path) => sample.file(path)));
      /** The pieces that hold bytes of files. */
      const piecesOf = (sample: Sample, ...paths: string[]): Bitfield => {
        const pieces = new Bitfield(sample.geometry.pieceCount);
        for (const path of paths) {
          const { first, end } = sample.geometry.piecesOfFile(sample.file(path));
          for (let piece = first; piece < end; piece++) pieces.add(piece);
        }
        return pieces;
      };

      it('makes only these, and reads all of the pieces that it has', async (sample, fixture) => {
        const selection = wanted(sample, 'a/two.bin');
        const pieces = piecesOf(sample, 'a/two.bin');
        await withStorage(sample, fixture, (storage) => sample.store(storage, pieces), { selection });
        const visible = (await fixture.listFiles('a')).filter((path) => path.startsWith('sample/'));
        assert.deepEqual(visible, ['sample/a/two.bin']);
        assertBytes(await fixture.readFile('a', 'sample/a/two.bin'), sample.fileContent('a/two.bin'));
        const reopened = async (storage: Storage): Promise<void> => {
          assert.deepEqual([...(await storage.resume()).have], [...pieces]);
          assert.deepEqual([...(await storage.checkAll(sample.all, sample.expected))], [...pieces]);
          for (const piece of pieces) {
            const { geometry } = sample;
            assertBytes(
              await sample.readPiece(storage, piece),
              sample.bytes(geometry.pieceOffset(piece), geometry.pieceSize(piece)),
            );
          }
        };
        await withStorage(sample, fixture, reopened, { selection });
      });

      it('moves what it kept into a file that becomes wanted', async (sample, fixture) => {
        const selection = wanted(sample, 'a/two.bin');
        await withStorage(
          sample,
          fixture,
          async (storage) => {
            await sample.store(storage, piecesOf(sample, 'a/two.bin'));
            await storage.select('all');
            const { have } = await storage.resume();
            assert.deepEqual([...have], [...piecesOf(sample, 'a/two.bin')]);
            await sample.store(
              storage,
              [...sample.all].filter((piece) => !have.has(piece)),
            );
          },
          { selection },
        );
        assert.deepEqual(
          await fixture.listFiles('a'),
          Object.keys(files)
            .map((path) => `sample/${path}`)
            .sort(),
        );
        for (const path of Object.keys(files)) {
          assertBytes(await fixture.readFile('a', `sample/${path}`), sample.fileContent(path), path);
        }
      });

      it('also when it is opened anew with the other selection', async (sample, fixture) => {
        const pieces = piecesOf(sample, 'a/two.bin');
        await withStorage(sample, fixture, (storage) => sample.store(storage, pieces), {
          selection: wanted(sample, 'a/two.bin'),
        });
        await withStorage(sample, fixture, async (storage) => {
          const { have } = await storage.resume();
          assert.deepEqual([...have], [...pieces]);
          await sample.store(
            storage,
            [...sample.all].filter((piece) => !have.has(piece)),
          );
        });
        for (const path of Object.keys(files)) {
          assertBytes(await fixture.readFile('a', `sample/${path}`), sample.fileContent(path), path);
        }
      });

      it('leaves a file in place that is no longer wanted', async (sample, fixture) => {
        await withStorage(sample, fixture, async (storage) => {
          await sample.store(storage, [0]);
          await storage.select(wanted(sample, 'four.bin'));
          assertBytes(await sample.readPiece(storage, 0), sample.bytes(0, sample.geometry.pieceSize(0)));
          await sample.store(storage, [1]);
          assertBytes(await sample.readPiece(storage, 1), sample.bytes(16_384, sample.geometry.pieceSize(1)));
        });
      });
    });

    placeCompliance(makeFixture);

    it('suspects all that is there when it is told not to believe its journal', async (sample, fixture) => {
      await withStorage(sample, fixture, (storage) => sample.store(storage));
      await withStorage(
        sample,
        fixture,
        async (storage) => {
          const { have, suspect } = await storage.resume();
          assert.ok(have.isEmpty && suspect.isComplete);
        },
        { ignoresJournal: true },
      );
    });

    it('believes files of the right lengths when it is told to, and keeps that in mind', async (sample, fixture) => {
      const others = Object.keys(files).filter((path) => path !== 'b/three.bin');
      for (const path of others) await fixture.writeFile('a', `sample/${path}`, sample.fileContent(path));
      await fixture.writeFile('a', 'sample/b/three.bin', sample.fileContent('b/three.bin').subarray(0, 60_000));
      const { first, end } = sample.geometry.piecesOfFile(sample.file('b/three.bin'));
      const believed = [...sample.all].filter((piece) => piece < first || piece >= end);
      const look = async (storage: Storage): Promise<void> => {
        const { have, suspect } = await storage.resume();
        assert.deepEqual([...have], believed);
        assert.ok(!suspect.isEmpty && !suspect.has(end - 1));
      };
      await withStorage(sample, fixture, look, { trustsData: true });
      await withStorage(sample, fixture, look);
    });

    itInAllFormats('reads what stands in the files, plain', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        const file = sample.geometry.files[sample.file('b/three.bin')];
        const buffer = sample.pool.take(40_000) as PoolBuffer;
        await storage.readPlain(buffer, [{ offset: (file?.offset ?? 0) + 5, at: 0, length: 40_000 }]);
        assertBytes(buffer.bytes.slice(), sample.fileContent('b/three.bin').subarray(5, 40_005));
      });
    });

    it('changes nothing before it is made ready', async (sample, fixture) => {
      const storage = await fixture.factory.open(sample.geometry, optionsFor(sample, fixture, {}));
      await storage.select(new Set([sample.file('b/empty.txt')]));
      assert.deepEqual(await fixture.listFiles('a'), []);
      await storage.prepare();
      assert.deepEqual(await fixture.listFiles('a'), ['sample/b/empty.txt']);
      await storage.close();
    });

    it('deletes its own files only', async (sample, fixture) => {
      await fixture.writeFile('a', 'sample/a/other.txt', Uint8Array.of(1));
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        await storage.delete();
        await assert.rejects(sample.store(storage, [0]), hasCode('STORAGE_CLOSED'));
      });
      assert.deepEqual(await fixture.listFiles('a'), ['sample/a/other.txt']);
      await withStorage(sample, fixture, async (storage) => assert.equal((await storage.resume()).have.isEmpty, true));
    });

    it('deletes all but the files that are to be kept', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        await sample.store(storage);
        await storage.prepare();
        await storage.delete(new Set([sample.file('b/empty.txt'), sample.file('b/three.bin')]));
      });
      assert.deepEqual(await fixture.listFiles('a'), ['sample/b/empty.txt', 'sample/b/three.bin']);
    });

    test('refuses a piece of a sealed torrent that has something else than zeros in its padding', async () => {
      await using fixture = await makeFixture();
      const pad = (length: number): Encodable => ({ attr: 'p', length, path: ['.pad', String(length)] });
      const [a, b] = [
        { length: 5000, path: ['a'] },
        { length: 5000, path: ['b'] },
      ];
      const info = {
        files: [a, pad(3000), b, pad(3384)],
        name: 'x',
        'piece length': 16_384,
        pieces: new Uint8Array(20),
      };
      const metainfo = decodeMetainfo(encode({ info }), nodeDigests);
      const sample = makeSample({ any: 16_384 }, { contentKey });
      const options = { ...optionsFor(sample, fixture, {}), infoHashes: metainfo.infoHashes };
      const storage = await fixture.factory.open(new Geometry(metainfo.info), options);
      await storage.prepare();
      const data = sample.piece(0);
      for (const [at, isTaken] of [
        [5000, false],
        [7999, false],
        [13_000, false],
        [16_383, false],
        [4999, true],
        [8000, true],
        [12_999, true],
      ] as const) {
        data.bytes.fill(0);
        data.bytes[at] = 1;
        cipherContent(contentKey, data.bytes, 0);
        const committing = storage.commit(0, data, { sha1: nodeDigests.sha1(data.bytes), merkle: null });
        if (isTaken) assert.equal(await committing, 'stored');
        else await assert.rejects(committing, hasCode('STORAGE_SEALED_PADDING'), String(at));
        assert.equal((await storage.resume()).have.has(0), isTaken);
      }
      data.release();
      await storage.close();
    });

    it('vouches no more for data that it has abandoned, nor misses it', async (sample, fixture) => {
      const abandoned = (): Promise<void> =>
        withStorage(sample, fixture, async (storage) => {
          await sample.store(storage);
          await storage.abandon();
          await assert.rejects(sample.store(storage, [0]), hasCode('STORAGE_CLOSED'));
        });
      await abandoned();
      const { pieceCount } = sample.geometry;
      await withStorage(sample, fixture, async (storage) => {
        const { have, suspect } = await storage.resume();
        assert.deepEqual([have.count, suspect.count], [0, pieceCount]);
        await storage.delete();
      });
      await abandoned();
      for (const path of await fixture.listFiles('a')) await fixture.deleteFile('a', path);
      await withStorage(sample, fixture, async (storage) =>
        assert.equal((await storage.resume()).suspect.isEmpty, true),
      );
    });

    it('counts the bytes of commits under way', async (sample, fixture) => {
      await withStorage(sample, fixture, async (storage) => {
        assert.equal(storage.backlog, 0);
        await sample.store(storage);
        await storage.flush();
        assert.equal(storage.backlog, 0);
      });
    });

    it('answers nothing any more after it was closed', async (sample, fixture) => {
      const storage = await fixture.factory.open(sample.geometry, optionsFor(sample, fixture, {}));
      await storage.close();
      await assert.rejects(sample.readPiece(storage, 0), hasCode('STORAGE_CLOSED'));
      await assert.rejects(storage.check(0, sample.expected(0)), hasCode('STORAGE_CLOSED'));
    });
  });
}
