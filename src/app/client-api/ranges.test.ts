import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRanges } from './ranges.ts';

const wanted = (header: string | undefined, size = 100): string => {
  const ranges = parseRanges(header, size);
  return typeof ranges === 'string' ? ranges : ranges.map(({ from, to }) => `${from}-${to}`).join();
};

for (const [header, expected] of [
  [undefined, 'whole'],
  ['bytes=0-9', '0-10'],
  ['Bytes=0-9', '0-10'],
  ['bytes=5-', '5-100'],
  ['bytes=-5', '95-100'],
  ['bytes=-500', '0-100'],
  ['bytes=0-0', '0-1'],
  ['bytes=99-99', '99-100'],
  ['bytes=90-500', '90-100'],
  ['bytes=0-9,20-29', '0-10,20-30'],
  ['bytes=20-29, 0-9', '20-30,0-10'],
  ['bytes=,0-9,,20-29,', '0-10,20-30'],
  ['bytes=0-9,5-14', '0-15'],
  ['bytes=0-9,10-19', '0-20'],
  ['bytes=0-9,50-59,5-55', '0-60'],
  ['bytes=0-9,200-300', '0-10'],
  // Nothing of it is there.
  ['bytes=100-', 'none'],
  ['bytes=100-200,300-', 'none'],
  ['bytes=-0', 'none'],
  ['bytes=,', 'none'],
  [`bytes=${Array.from({ length: 17 }, (_, i) => `${4 * i}-${4 * i + 1}`).join()}`, 'none'],
  [`bytes=${Array<string>(1000).fill('0-').join()}`, 'none'],
  // No list of byte ranges.
  ['', 'whole'],
  ['bytes', 'whole'],
  ['bytes=', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=9-0', 'whole'],
  ['bytes=a-b', 'whole'],
  ['bytes=0x0-9', 'whole'],
  ['bytes=1e1-20', 'whole'],
  ['bytes=--5', 'whole'],
  ['bytes=-5-9', 'whole'],
  ['bytes=0 - 9', 'whole'],
  ['items=0-9', 'whole'],
  ['bytes=0-9,x', 'whole'],
  [`bytes=${'9'.repeat(16)}-`, 'whole'],
  ['bytes 0-9/100', 'whole'],
] as const) {
  test(`of 100 bytes ${JSON.stringify(header)?.slice(0, 60)} gives ${expected}`, () => {
    assert.equal(wanted(header), expected);
  });
}

test('of nothing nothing can be given', () => {
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) assert.equal(wanted(header, 0), 'none');
});
