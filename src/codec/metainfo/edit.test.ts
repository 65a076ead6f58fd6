import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTorrent, content } from '../../../test/conformance/build-torrent.ts';
import { toHex, toText, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { decodeMetainfo } from './decode.ts';
import { editMetainfo, type MetainfoChanges } from './edit.ts';
import type { Metainfo } from './metainfo.ts';

const original = buildTorrent(
  [
    { path: 'a', content: content(40_000, 1) },
    { path: 'b', content: content(5, 2) },
  ],
  {
    format: 'hybrid',
    trackers: [['http://old/']],
    webSeeds: ['http://w/'],
    comment: 'old',
    source: 'S',
    nodes: [['h', 1]],
  },
).bytes;

function edited(changes: MetainfoChanges, bytes = original): { torrent: Metainfo; infoChanged: boolean; text: string } {
  const result = editMetainfo(bytes, changes);
  return {
    torrent: decodeMetainfo(result.bytes, nodeDigests),
    infoChanged: result.infoChanged,
    text: toText(result.bytes),
  };
}

const hashOf = ({ infoHashes }: Metainfo): string => toHex(infoHashes.v2 ?? new Uint8Array());
const before = decodeMetainfo(original, nodeDigests);

test('nothing to change gives the same bytes', () => {
  assert.deepEqual(editMetainfo(original, {}), { bytes: original, infoChanged: false });
  const same = { trackers: [['http://old/']], comment: 'old', source: 'S', isPrivate: false, name: 'sample' };
  assert.deepEqual(editMetainfo(original, same), { bytes: original, infoChanged: false });
});

test('what stands outside of the info changes without changing the hash', () => {
  const { torrent, infoChanged } = edited({
    trackers: [['http://a/', 'http://b/'], ['udp://c']],
    webSeeds: ['http://x/'],
    nodes: [['n', 2]],
    comment: 'new',
    createdBy: 'me',
    creationDate: 5,
  });
  assert.equal(infoChanged, false);
  assert.equal(hashOf(torrent), hashOf(before));
  assert.deepEqual(torrent.trackers, [['http://a/', 'http://b/'], ['udp://c']]);
  assert.deepEqual([torrent.webSeeds, torrent.nodes], [['http://x/'], [['n', 2]]]);
  assert.deepEqual([torrent.comment, torrent.createdBy, torrent.creationDate], ['new', 'me', 5]);
  assert.equal(torrent.pieceLayers.size, 1);
});

test('null and empty lists remove', () => {
  const { torrent, text } = edited({
    trackers: [],
    webSeeds: [],
    nodes: [],
    comment: null,
    createdBy: null,
    creationDate: null,
  });
  assert.deepEqual([torrent.trackers, torrent.webSeeds, torrent.nodes, torrent.comment], [[], [], [], null]);
  assert.ok(text.startsWith('d4:info'));
});

test('private, source and name change the hash and say so', () => {
  for (const changes of [{ isPrivate: true }, { source: null }, { source: 'T' }, { name: 'other' }]) {
    const { torrent, infoChanged } = edited(changes);
    assert.equal(infoChanged, true);
    assert.notEqual(hashOf(torrent), hashOf(before));
  }
  assert.equal(edited({ isPrivate: true }).torrent.info.isPrivate, true);
  assert.equal(edited({ source: 'T' }).torrent.info.source, 'T');
  assert.equal(edited({ name: 'other' }).torrent.info.files[0]?.path[0], 'other');
});

test('a single file is renamed in both parts of a hybrid torrent', () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    const { bytes } = buildTorrent([{ path: 'x', content: content(9, 1) }], {
      format,
      isSingleFile: true,
      name: 'old.txt',
    });
    const { torrent } = edited({ name: 'new.txt' }, bytes);
    assert.deepEqual(torrent.info.files[0]?.path, ['new.txt']);
    assert.equal(torrent.info.isSingleFile, true);
  }
});

test('keys that we do not know stay, and an unsorted info keeps its bytes', () => {
  const info = 'd4:name1:n6:lengthi1e12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa4:xtrai7ee';
  const torrent = utf8(`d7:unknownl1:xe4:info${info}e`);
  const { bytes, infoChanged } = editMetainfo(torrent, { comment: 'c' });
  assert.equal(toText(bytes), `d7:comment1:c4:info${info}7:unknownl1:xee`);
  assert.equal(infoChanged, false);
});

test('the UTF-8 twins of texts go with the texts', () => {
  const torrent = utf8('d7:comment1:a13:comment.utf-81:b4:infod4:name1:n10:name.utf-81:mee');
  assert.equal(toText(editMetainfo(torrent, { comment: 'c', name: 'o' }).bytes), 'd7:comment1:c4:infod4:name1:oee');
});

test('what is no torrent is refused', () => {
  const code = (text: string): string | null => {
    try {
      editMetainfo(utf8(text), {});
      return null;
    } catch (error) {
      return codeOf(error);
    }
  };
  assert.equal(code('le'), 'METAINFO_NOT_A_DICTIONARY');
  assert.equal(code('de'), 'METAINFO_INFO_MISSING');
  assert.equal(code('d4:infoi1ee'), 'METAINFO_INFO_MISSING');
  assert.equal(code('d4:info'), 'BENCODE_TRUNCATED');
});
