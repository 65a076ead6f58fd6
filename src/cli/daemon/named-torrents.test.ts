import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NamedTorrent, resolveNames } from './named-torrents.ts';

const torrent = (id: number, hash: string, name: string, hashV2: string | null = null): NamedTorrent => ({
  id,
  hash: hash.padEnd(40, '0'),
  hashV2,
  name,
});

const torrents = [
  torrent(1, 'abcdef01', 'Debian 13.iso'),
  torrent(2, 'abcdef02', 'debian 12.iso'),
  torrent(7, '12345678', 'Ubuntu', 'fedcba98'.padEnd(64, '0')),
  torrent(8, '87654321', 'Ubuntu Server'),
  torrent(20, '00000001', '7'),
];

const idsOf = (...names: string[]): number[] => resolveNames(torrents, names).map(({ id }) => id);

test('a torrent is named by its id, its hash or the beginning of one of its hashes', () => {
  assert.deepEqual(idsOf('2'), [2]);
  assert.deepEqual(idsOf('ABCDEF02'), [2]);
  assert.deepEqual(idsOf(torrents[0]?.hash ?? ''), [1]);
  assert.deepEqual(idsOf('fedcba'), [7]);
  assert.deepEqual(idsOf('123456'), [7]);
});

test('a torrent is named by its name, or by a part of it that only one has, in any letter case', () => {
  assert.deepEqual(idsOf('ubuntu'), [7]);
  assert.deepEqual(idsOf('SERVER'), [8]);
  assert.deepEqual(idsOf('n 13'), [1]);
});

test('an id counts more than a name', () => {
  assert.deepEqual(idsOf('7'), [7]);
});

test('several are found in the order in which they are named, each once, and `all` are all', () => {
  assert.deepEqual(idsOf('8', '1', 'server'), [8, 1]);
  assert.deepEqual(idsOf('all'), [1, 2, 7, 8, 20]);
  assert.deepEqual(resolveNames([], ['all']), []);
});

test('what fits several torrents is refused with their names', () => {
  const expected = { code: 'TORRENT_AMBIGUOUS', message: '"debian" fits 2 torrents: 1 Debian 13.iso, 2 debian 12.iso' };
  assert.throws(() => idsOf('debian'), expected);
  assert.throws(() => idsOf('abcdef'), { code: 'TORRENT_AMBIGUOUS' });
  const many = Array.from({ length: 9 }, (_, i) => torrent(i, String(i), `film ${i}`));
  assert.throws(() => resolveNames(many, ['film']), {
    message: /fits 9 torrents: 0 film 0, .*, 4 film 4, and 4 more$/,
  });
});

test('what fits no torrent is refused: unknown ids, too few digits of a hash, and nothing at all', () => {
  for (const name of ['9', 'fedora', 'fedcb', '']) {
    assert.throws(() => idsOf(name), { code: 'TORRENT_UNKNOWN' }, name);
  }
});
