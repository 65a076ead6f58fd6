/** The vectors of docs/spec/sealed-torrent.md, opened by both implementations of the primitives, and made again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toHex } from '../../src/base/bytes.ts';
import { openSealedTorrent } from '../../src/app/sealed-torrent/index.ts';
import { decodeTorrentContent, openDst } from '../../src/codec/dst/index.ts';
import { decodeMetainfo, Geometry, type Metainfo, pieceHashes } from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { cipherContent } from '../../src/storage/content-cipher.ts';
import { implementations } from '../crypto/implementations.ts';
import { authorKey, base64, identitiesOf, hex } from './dst/people.ts';
import { type ExpectedTorrent, sealedTorrentVectors } from './dst/sealed-torrent-vectors.ts';
import { vectorsOf } from './dst/stored.ts';

const vectors = vectorsOf('sealed-torrent');

/** SHA-1 and, in v2, the merkle root of each piece of the carrier are those of the torrent. */
function checkPieces({ info, pieceLayers }: Metainfo, carrier: Uint8Array): void {
  const geometry = new Geometry(info);
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    const offset = geometry.pieceOffset(piece);
    const bytes = carrier.subarray(offset, offset + geometry.pieceSize(piece));
    const { sha1, merkle } = pieceHashes(info, pieceLayers, piece);
    if (sha1 !== null) assert.deepEqual(nodeDigests.sha1(bytes), sha1);
    // A piece of these torrents is one block.
    if (merkle !== null) assert.deepEqual(nodeDigests.sha256(bytes), merkle.root);
  }
}

function checkContent({ info }: Metainfo, { files, contentKey, carrier }: ExpectedTorrent): void {
  assert.equal(toHex(info.seal?.contentKey as Uint8Array), contentKey);
  assert.equal(info.seal?.carrier.path.join('/'), carrier.name);
  const plain = base64(carrier.bytes);
  cipherContent(hex(contentKey), plain, 0);
  const found = info.files.filter(({ isPad }) => !isPad);
  assert.deepEqual(
    found.map((file) => ({
      path: file.path.join('/'),
      offset: file.offset,
      length: file.length,
      isExecutable: file.isExecutable,
      sha256: toHex(nodeDigests.sha256(plain.subarray(file.offset, file.offset + file.length))),
    })),
    files,
  );
  const end = Math.max(...files.map(({ offset, length }) => offset + length));
  assert.ok(plain.subarray(end).every((byte) => byte === 0));
}

for (const [name, primitives, rsa] of implementations) {
  describe(`vectors of sealed torrents over ${name} primitives`, () => {
    for (const { expected, ...vector } of vectors) {
      if (expected === null) continue;
      test(vector.name, async () => {
        const identities = identitiesOf('alice', primitives, rsa);
        const { content, head, signer } = await openDst(primitives, base64(vector.dst), identities);
        const metainfo = decodeTorrentContent(content, nodeDigests);
        assert.deepEqual([head.kind, signer], ['torrent', expected.isSigned ? authorKey : null]);
        assert.deepEqual([metainfo.info.seal?.transport, metainfo.trackers], [expected.transport, expected.trackers]);
        const { info, infoHashes } = metainfo;
        assert.deepEqual(
          { v1: infoHashes.v1 && toHex(infoHashes.v1), v2: infoHashes.v2 && toHex(infoHashes.v2) },
          expected.infoHashes,
        );
        assert.deepEqual([info.name, info.pieceLength], [expected.contentName, expected.pieceLength]);
        checkContent(metainfo, expected);
        checkPieces(metainfo, base64(expected.carrier.bytes));
        const helper = decodeMetainfo(base64(expected.torrent), nodeDigests);
        assert.deepEqual([helper.infoHashes, helper.info.name], [infoHashes, expected.carrier.name]);
        assert.deepEqual([helper.trackers, helper.comment], [[], null]);
        checkPieces(helper, base64(expected.carrier.bytes));
      });
    }
  });
}

describe('sealed torrents that are none', () => {
  const [, primitives, rsa] = implementations[0] as (typeof implementations)[number];
  for (const { name, result, dst, expected } of vectors) {
    if (expected !== null) continue;
    test(`${name}: ${result}`, async () => {
      await assert.rejects(openSealedTorrent(base64(dst), identitiesOf('alice', primitives, rsa)), { code: result });
    });
  }
});

test('sealed torrents that are made as the vectors were are the same bytes (else: test/vectors/dst/README.md)', async () => {
  assert.deepEqual(await sealedTorrentVectors(), vectors);
});
