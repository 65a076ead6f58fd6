import assert from 'node:assert/strict';
import test from 'node:test';
import { formatBytes, formatRate, readSize } from './size.ts';

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

test('sizes are binary with three significant digits', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.50 KiB'],
    [16384, '16 KiB'],
    [1023 * 1024, '1.00 MiB'],
    [2_254_857_830, '2.10 GiB'],
    [12.34 * 1024 * 1024, '12.3 MiB'],
    [2 ** 50, '1 PiB'],
    [5000 * 2 ** 50, '5000 PiB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test('rates are whole bytes below a kibibyte', () => {
  assert.equal(formatRate(12.7), '13 B/s');
  assert.equal(formatRate(5 * 1024 * 1024), '5 MiB/s');
});
