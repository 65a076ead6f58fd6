import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable } from './printable.ts';

describe('printable', () => {
  it('drops control, format and separator characters', () => {
    assert.equal(printable('a\u0000b\u001b[2J\u202ec\u2028d\n', 100), 'ab[2Jcd');
  });

  it('keeps letters of every script', () => {
    assert.equal(printable(' µTorrent 日本 😀 ', 100), 'µTorrent 日本 😀');
  });

  it('cuts at whole characters', () => {
    assert.equal(printable('😀😀😀', 2), '😀😀');
    assert.equal(printable('x'.repeat(1_000_000), 10), 'x'.repeat(10));
  });

  it('gives null when nothing is left', () => {
    assert.equal(printable('\u0007 ', 10), null);
  });
});
