import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sanitized } from './tracker-urls.ts';

test('trackers that are given are tidied like those of a torrent, each once, and what is none is refused', () => {
  const tiers = [
    [' http://a.example/"><x>/announce ', 'http://a.example/%22%3E%3Cx%3E/announce', ''],
    [' '],
    ['udp://b:1'],
  ];
  assert.deepEqual(sanitized(tiers), [['http://a.example/%22%3E%3Cx%3E/announce'], ['udp://b:1']]);
  for (const url of ['javascript:alert(1)', 'http://a"b/', 'http://a/\nx', 'udp://b:99999', 'b.example']) {
    assert.throws(() => sanitized([[url]]), { code: 'CLIENT_BAD_SETTING' }, url);
  }
});
