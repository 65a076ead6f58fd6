import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachment, inline } from './content-disposition.ts';
import { contentTypeOf, isPlayable, isShown } from './content-type.ts';

test('films, music and pictures are served as what they are', () => {
  const types = ['a.mp4', 'A.MKV', 'b.c.flac', 'x.vtt'].map(contentTypeOf);
  assert.deepEqual(types, ['video/mp4', 'video/x-matroska', 'audio/flac', 'text/vtt; charset=utf-8']);
  assert.deepEqual(types.map(isPlayable), [true, true, true, false]);
});

test('what a browser would run, or what nobody knows, is bytes', () => {
  for (const name of [
    'a.html',
    'a.svg',
    'a.js',
    'a.xml',
    'a.xhtml',
    'a.pdf',
    'a',
    '.mp4x',
    'a.__proto__',
    'a.constructor',
    'mp4',
  ]) {
    assert.equal(contentTypeOf(name), 'application/octet-stream', name);
    assert.equal(isShown(contentTypeOf(name)), false);
  }
});

test('the name of a file ends no header', () => {
  assert.equal(attachment('a.mkv'), `attachment; filename="a.mkv"; filename*=UTF-8''a.mkv`);
  assert.equal(
    inline('a"\r\nX-Evil: 1;\\ é\u202e\ud800/*'),
    `inline; filename="a___X-Evil: 1;_ ____*"; filename*=UTF-8''a%22%0D%0AX-Evil%3A%201%3B%5C%20%C3%A9%E2%80%AE%EF%BF%BD%2F%2a`,
  );
});
