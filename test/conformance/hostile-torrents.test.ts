import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../../src/base/errors.ts';
import { bencodeErrors } from '../../src/codec/bencode/index.ts';
import { decodeMetainfo, metainfoErrors } from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { readTorrents, refusedTorrents } from './hostile-torrents.ts';

/** The code of a refusal, or the paths of the files with the targets of symlinks. */
function outcome(bytes: Uint8Array): string | string[] {
  try {
    const { info } = decodeMetainfo(bytes, nodeDigests);
    const stored = info.files.filter((file) => !file.isPad);
    return stored.map(({ path, symlink }) => path.join('/') + (symlink === null ? '' : ` -> ${symlink.join('/')}`));
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

for (const { name, bytes, code } of refusedTorrents) {
  test(`${name} is refused with ${code}`, () => assert.equal(outcome(bytes()), code));
}

for (const { name, bytes, paths } of readTorrents) {
  test(`${name} is read with safe paths`, () => assert.deepEqual(outcome(bytes()), paths));
}

test('each rule that a torrent file can break has a torrent that breaks it', () => {
  const tried = new Set(refusedTorrents.map(({ code }) => code));
  const codes = [...Object.keys(metainfoErrors), ...Object.keys(bencodeErrors)];
  // Creation and sealed torrents have rules of their own, and decodeMetainfo reports bytes behind a torrent by its own code.
  const others = ['METAINFO_SEALED', 'BENCODE_TRAILING_BYTES'];
  const elsewhere = (code: string): boolean => code.startsWith('METAINFO_CREATE_') || others.includes(code);
  assert.deepEqual(
    codes.filter((code) => !elsewhere(code) && !tried.has(code)),
    [],
  );
});
