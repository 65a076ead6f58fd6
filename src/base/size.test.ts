import assert from 'node:assert/strict';
import test from 'node:test';
import { readSize } from './size.ts';

test('a size with a letter is binary, with a B behind it decimal, with iB binary', () => {
  const cases: readonly [string, number][] = [
    ['0', 0],
    ['16384', 16384],
    ['16K', 16384],
    [' 1.5m ', 1.5 * 1024 ** 2],
    ['2 MiB', 2 * 1024 ** 2],
    ['1MB', 1_000_000],
    ['5B', 5],
  ];
  for (const [text, bytes] of cases) assert.equal(readSize(text), bytes, text);
});

test('what is no size is refused', () => {
  for (const text of ['', 'K', '-1', '1e6', '16 Ki', '5iB', '1,5M', '9'.repeat(20), '9'.repeat(400), '0x10']) {
    assert.equal(readSize(text), null, text);
  }
});
