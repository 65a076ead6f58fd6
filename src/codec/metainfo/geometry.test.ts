import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_LENGTH, Geometry } from './geometry.ts';
import type { Info } from './metainfo.ts';

const file = {
  path: ['a'],
  originalPath: ['a'],
  length: 20_000,
  offset: 0,
  isPad: false,
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
};
const shape = { pieceLength: 65_536, pieceCount: 1, length: 20_000, files: [file] };

test('a request may reach into the gap behind a v2 file', () => {
  const geometry = new Geometry({ ...shape, hasV1: false });
  assert.equal(geometry.isValidRequest(0, 16_384, 16_384), true);
  assert.equal(geometry.isValidRequest(0, 65_536, 1), false);
  assert.equal(geometry.isValidRequest(1, 0, 1), false);
});

test('a request never reaches behind the end of a v1 torrent', () => {
  const geometry = new Geometry({ ...shape, hasV1: true });
  assert.equal(geometry.isValidRequest(0, 16_384, 3_616), true);
  assert.equal(geometry.isValidRequest(0, 16_384, 16_384), false);
  assert.equal(geometry.isValidRequest(0, 0, 0), false);
});

test('what lies in pads is what no file holds', () => {
  const parts = fc.array(fc.tuple(fc.boolean(), fc.oneof(fc.constant(0), fc.nat(100_000))), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(parts, fc.nat(), fc.nat(), fc.constantFrom(16_384, 20_000, 65_536), (list, a, b, pieceLength) => {
      let length = 0;
      const files = list.map(([isPad, size]) => ({ ...file, isPad, length: size, offset: (length += size) - size }));
      if (length === 0) return;
      const pieceCount = Math.ceil(length / pieceLength);
      const geometry = new Geometry({ pieceLength, pieceCount, length, files, hasV1: true });
      const inPads = (offset: number, size: number): number =>
        geometry.slices(offset, size).reduce((sum, slice) => sum + (slice.file < 0 ? slice.length : 0), 0);
      const offset = a % length;
      const size = b % (length - offset + 1);
      assert.equal(geometry.padSize(offset, size), inPads(offset, size));
      for (let piece = 0; piece < pieceCount; piece++) {
        const start = geometry.pieceOffset(piece);
        assert.equal(geometry.payloadSize(piece), geometry.pieceSize(piece) - inPads(start, geometry.pieceSize(piece)));
        const expected = Array.from({ length: geometry.blockCount(piece) }, (_, block) => block).filter((block) =>
          geometry
            .slices(start + block * BLOCK_LENGTH, geometry.blockSize(piece, block))
            .every((slice) => slice.file < 0),
        );
        assert.deepEqual(geometry.padBlocks(piece), expected);
      }
    }),
  );
});

test('what pads a sealed torrent is sent like all else of it', () => {
  const files = [
    { ...file, length: 16_384 },
    { ...file, offset: 16_384, length: 49_152, isPad: true },
  ];
  const padded = { pieceLength: 65_536, pieceCount: 1, length: 65_536, files, hasV1: true };
  assert.deepEqual(new Geometry(padded).padBlocks(0), [1, 2, 3]);
  const seal = { contentKey: new Uint8Array(32) } as NonNullable<Info['seal']>;
  const sealed = new Geometry({ ...padded, seal });
  assert.deepEqual([sealed.hasPads, sealed.padBlocks(0), sealed.padSize(0, 65_536)], [false, [], 0]);
});
