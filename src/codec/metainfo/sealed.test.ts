import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeDigests } from '../../crypto/digests.ts';
import { type BencodeDict, decode, type Encodable, encode } from '../bencode/index.ts';
import { encodeTorrent } from './creation.ts';
import { decodeMetainfo } from './decode.ts';
import { Geometry } from './geometry.ts';
import { hashesOfLeaves } from './merkle.ts';
import type { FileEntry, Metainfo } from './metainfo.ts';
import { pieceHashes } from './piece-hashes.ts';
import { contentKeys, planSealedTorrent, sealedMetainfo, type SealedPlan } from './sealed.ts';

const bytes = new Uint8Array(32).fill(3);
const seal = { contentKey: bytes, peerSecret: bytes, transport: 'prefer' } as const;
const files = [
  { path: ['sub', 'b'], length: 50_000 },
  { path: ['a'], length: 10 },
  { path: ['empty'], length: 0 },
];

const plan = (format: 'v1' | 'v2' | 'hybrid', isSingleFile = false): SealedPlan =>
  planSealedTorrent(isSingleFile ? [{ path: [], length: 50_000 }] : files, {
    format,
    name: 'plans',
    isSingleFile,
    carrierName: 'carrier',
    carrierLength: (length) => Math.ceil(length / 10_000) * 10_000,
  });

/** The carrier's torrent, with made-up hashes. */
function carrierOf({ carrier }: SealedPlan): Metainfo {
  const [{ length }] = carrier.files as [FileEntry];
  const leaves = Uint8Array.from({ length: 32 * Math.ceil(length / 16_384) }, (_, i) => i + 1);
  const hashes = {
    pieces: carrier.hasV1 ? new Uint8Array(20 * carrier.pieceCount) : null,
    files: [hashesOfLeaves(leaves, carrier.pieceLength, nodeDigests)],
  };
  return decodeMetainfo(encodeTorrent(carrier, hashes, {}), nodeDigests);
}

const dictionary = (keys: Encodable): BencodeDict => decode(encode(keys)) as BencodeDict;

describe('a sealed torrent', () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    it(`has the files of its content in the piece space of its carrier (${format})`, () => {
      const sealed = plan(format);
      const carrier = carrierOf(sealed);
      const { info, infoHashes } = sealedMetainfo(carrier, dictionary(contentKeys(sealed.content)), seal);
      assert.equal(info.name, 'plans');
      assert.deepEqual(
        info.files.map(({ path, offset, length, isPad }) => [path.join('/'), offset, length, isPad]),
        [
          ['plans/a', 0, 10, false],
          ['plans/empty', 10, 0, false],
          ['plans/sub/b', 10, 50_000, false],
          ['.pad/9990', 50_010, 9990, true],
        ],
      );
      assert.equal(info.totalSize, 50_010);
      assert.deepEqual(infoHashes, carrier.infoHashes);
      assert.deepEqual([info.raw, info.pieces, info.pieceCount], [carrier.info.raw, carrier.info.pieces, 4]);
      const [inner, outer] = [new Geometry(info), new Geometry(carrier.info)];
      for (let piece = 0; piece < outer.pieceCount; piece++) {
        assert.equal(inner.pieceSize(piece), outer.pieceSize(piece));
        const expected = pieceHashes(carrier.info, carrier.pieceLayers, piece);
        assert.deepEqual(pieceHashes(info, carrier.pieceLayers, piece), expected);
      }
    });
  }

  it('of one file is one file', () => {
    const sealed = plan('hybrid', true);
    const { info } = sealedMetainfo(carrierOf(sealed), dictionary(contentKeys(sealed.content)), seal);
    assert.equal(info.isSingleFile, true);
    assert.deepEqual(info.files[0]?.path, ['plans']);
    assert.equal(info.seal?.carrier.length, 50_000);
    assert.equal(info.files.length, 1);
  });

  it('whose content is larger than its carrier, or has no files, is refused', () => {
    const carrier = carrierOf(plan('v1'));
    const refused = (keys: Encodable, code: string): void => {
      assert.throws(() => sealedMetainfo(carrier, dictionary(keys), seal), { code });
    };
    refused({ name: 'plans', length: 60_001 }, 'METAINFO_SEALED');
    refused({ name: 'plans' }, 'METAINFO_LENGTH_OR_FILES');
    refused({ length: 5 }, 'METAINFO_NAME_MISSING');
    refused({ name: 'plans', files: [{ length: 5, path: [] }] }, 'METAINFO_PATH_INVALID');
  });

  it('stores no file outside of its folder, whatever its author wrote', () => {
    const keys = { name: '../..', files: [{ length: 5, path: ['..', '..', 'etc', 'passwd'] }] };
    const { info } = sealedMetainfo(carrierOf(plan('v1')), dictionary(keys), seal);
    for (const { path } of info.files) assert.ok(path.every((element) => element !== '..' && !element.includes('/')));
  });
});
