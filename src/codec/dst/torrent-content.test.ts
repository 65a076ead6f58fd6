import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { type Encodable, encode } from '../bencode/index.ts';
import { encodeTorrent, planTorrent } from '../metainfo/index.ts';
import { carrierNameOf, decodeTorrentContent } from './torrent-content.ts';

const whole = {
  content: { length: 5, name: 'x' },
  key: new Uint8Array(32),
  torrent: 'd4:infodee',
  transport: 'prefer',
};
const refused = (content: Uint8Array, code: string): void => {
  assert.throws(() => decodeTorrentContent(content, nodeDigests), { code });
};

describe('what a sealed torrent holds', () => {
  it('is refused with one code when a part of it is missing or none', () => {
    const changes: Record<string, Encodable | undefined>[] = [
      { content: undefined },
      { content: 'x' },
      { key: undefined },
      { key: new Uint8Array(31) },
      { torrent: undefined },
      { transport: undefined },
      { transport: 'perhaps' },
    ];
    for (const change of changes) refused(encode({ ...whole, ...change }), 'SEALED_CONTENT');
    for (const garbage of ['', 'x', 'le', 'd', 'd1:b0:1:a0:e']) refused(utf8(garbage), 'SEALED_CONTENT');
  });

  it('is refused as any torrent would be when its torrent is none', () => {
    refused(encode({ ...whole, torrent: 'de' }), 'METAINFO_INFO_MISSING');
    refused(encode({ ...whole, torrent: '<html>' }), 'BENCODE_SYNTAX');
  });

  it('is refused with the key of another carrier: an info hash stands for one content', () => {
    const contentOf = (named: Uint8Array): Uint8Array => {
      const options = { format: 'v1', name: carrierNameOf(named, nodeDigests), isSingleFile: true } as const;
      const carrier = planTorrent([{ path: [], length: 8 }], options);
      const torrent = encodeTorrent(carrier, { pieces: new Uint8Array(20), files: [null] }, {});
      return encode({ ...whole, torrent });
    };
    const { info } = decodeTorrentContent(contentOf(whole.key), nodeDigests);
    assert.deepEqual([info.name, info.seal?.contentKey, info.seal?.transport], ['x', whole.key, 'prefer']);
    refused(contentOf(whole.key.with(31, 1)), 'SEALED_CONTENT');
  });
});
