/** BEP 12 (tiers of trackers), 17 and 19 (web seeds), and `nodes` of BEP 5: read leniently from beside the info. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { encode, type Encodable } from '../bencode/index.ts';
import { decodeMetainfo } from './decode.ts';
import type { Metainfo } from './metainfo.ts';

const info = { name: 'n', length: 1, 'piece length': 16384, pieces: new Uint8Array(20) };
const torrent = (keys: Record<string, Encodable>): Metainfo => decodeMetainfo(encode({ info, ...keys }), nodeDigests);

test('the three examples of BEP 12', () => {
  const [a, b, c] = ['http://tracker1/', 'http://backup1/', 'http://backup2/'] as const;
  assert.deepEqual(torrent({ 'announce-list': [[a], [b], [c]] }).trackers, [[a], [b], [c]]);
  assert.deepEqual(torrent({ 'announce-list': [[a, b, c]] }).trackers, [[a, b, c]]);
  assert.deepEqual(torrent({ 'announce-list': [[a, b], [c]] }).trackers, [[a, b], [c]]);
});

test('announce counts only when the list has nothing usable', () => {
  const announce = 'http://alone/';
  assert.deepEqual(torrent({ announce }).trackers, [[announce]]);
  assert.deepEqual(torrent({ announce, 'announce-list': [['http://listed/']] }).trackers, [['http://listed/']]);
  assert.deepEqual(torrent({ announce, 'announce-list': [['nonsense'], []] }).trackers, [[announce]]);
  assert.deepEqual(torrent({ announce, 'announce-list': 'x' }).trackers, [[announce]]);
  assert.deepEqual(torrent({ announce: 5 }).trackers, []);
  assert.deepEqual(torrent({}).trackers, []);
});

test('tracker URLs are trimmed, kept once over all tiers, and what is no tracker URL is left out', () => {
  const list = [
    [' udp://test.com/announce\n', 'udp://test.com/announce', ''],
    ['udp://test.com/announce'],
    ['tracker.publicbt.com:80', 'ftp://x/', 'http://', 'http://a b/', 5, 'WSS://ok/x', 'http://a/\u0007'],
    'https://not-in-a-tier/',
  ];
  assert.deepEqual(torrent({ 'announce-list': list }).trackers, [
    ['udp://test.com/announce'],
    ['WSS://ok/x'],
    ['https://not-in-a-tier/'],
  ]);
});

test('web seeds come as a string or as a list, each once, with spaces escaped', () => {
  const a = 'http://mirror.com/file.exe';
  assert.deepEqual(torrent({ 'url-list': a }).webSeeds, [a]);
  assert.deepEqual(torrent({ 'url-list': [a, 'http://b/', a, '', 7, 'magnet:?x'] }).webSeeds, [a, 'http://b/']);
  assert.deepEqual(torrent({ 'url-list': 'http://test.com/test file/' }).webSeeds, ['http://test.com/test%20file/']);
  assert.deepEqual(torrent({ 'url-list': '' }).webSeeds, []);
  assert.deepEqual(torrent({ httpseeds: ['http://www.whatever.com/seed.php'] }).httpSeeds, [
    'http://www.whatever.com/seed.php',
  ]);
  assert.deepEqual(torrent({ httpseeds: 'http://a/' }).httpSeeds, ['http://a/']);
});

test('a URL cannot end the attribute of a page, and asks for the same as the torrent says', () => {
  const raw = 'http://u"s:p`w@host.example:80/a"><b onload=`x`>/announce?k="<c>`#d';
  const path = '/a%22%3E%3Cb%20onload=%60x%60%3E/announce?k=%22%3Cc%3E%60#d';
  const url = `http://u%22s:p%60w@host.example:80${path}`;
  const { trackers, webSeeds, httpSeeds } = torrent({ announce: raw, 'url-list': raw, httpseeds: [raw] });
  assert.deepEqual([trackers, webSeeds, httpSeeds], [[[url]], [url], [url]]);
  assert.deepEqual(torrent({ announce: url }).trackers, [[url]]);
  const target = ({ hostname, pathname, searchParams }: URL): unknown => [hostname, pathname, searchParams.get('k')];
  assert.deepEqual(target(new URL(url)), target(new URL(raw)));
  for (const bad of [
    'http://a"b/',
    'http://a%22b/',
    'http://a`b/',
    'http://t:99999/',
    'http://a/\tb',
    'http://a/\nb',
  ]) {
    const keys = { announce: bad, 'url-list': bad };
    assert.deepEqual([torrent(keys).trackers, torrent(keys).webSeeds], [[], []], bad);
  }
});

test('nodes come as pairs or as strings, and malformed ones are left out', () => {
  const nodes = [
    ['127.0.0.1', 6881],
    ['router.example', 1],
    'host:2',
    '[::1]:3',
    '::1:4',
    ['x', 0],
    ['x', 65536],
    ['x'],
    ['bad host', 1],
    5,
    'x',
    '',
  ];
  const expected = [
    ['127.0.0.1', 6881],
    ['router.example', 1],
    ['host', 2],
    ['::1', 3],
    ['::1', 4],
  ];
  assert.deepEqual(torrent({ nodes }).nodes, expected);
  assert.deepEqual(torrent({ nodes: '' }).nodes, []);
});

test('texts prefer their UTF-8 twin, an empty one counts as none, and a negative date too', () => {
  const both = torrent({ comment: 'a', 'comment.utf-8': '\u00fc', 'created by': '', 'creation date': -1 });
  assert.deepEqual([both.comment, both.createdBy, both.creationDate], ['\u00fc', null, null]);
  assert.equal(torrent({ comment: utf8('x') }).comment, 'x');
  assert.equal(torrent({ comment: 5, 'creation date': 1234567 }).creationDate, 1234567);
});
