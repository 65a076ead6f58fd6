import assert from 'node:assert/strict';
import test from 'node:test';
import { formatPrefix, parsePrefix } from './address-prefix.ts';

const canonical = (text: string): string | null => {
  const prefix = parsePrefix(text);
  return prefix === null ? null : formatPrefix(prefix);
};

for (const [text, expected] of [
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['192.0.2.255/31', '192.0.2.254/31'],
  ['192.0.2.1', '192.0.2.1/32'],
  ['255.255.255.255/0', '0.0.0.0/0'],
  ['2001:DB8:0:0::1/33', '2001:db8::/33'],
  ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
  ['2001:db8::1', '2001:db8::1/128'],
  ['::ffff:192.0.2.9/120', '192.0.2.0/24'],
  ['::ffff:192.0.2.9', '192.0.2.9/32'],
  ['::/0', '::/0'],
  ['192.0.2.0/33', null],
  ['::/129', null],
  ['192.0.2.0/', null],
  ['192.0.2.0/-1', null],
  ['192.0.2.0/24/1', null],
  ['192.0.2/24', null],
  ['/24', null],
  ['', null],
] as const) {
  test(`the prefix ${JSON.stringify(text)} is ${expected ?? 'refused'}`, () => {
    assert.equal(canonical(text), expected);
  });
}
