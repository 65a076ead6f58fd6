import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatHost } from '../../base/address.ts';
import { maskAddresses } from './mask-addresses.ts';

/** Text → what is left of it. */
function check(transform: (text: string) => string, cases: readonly (readonly [string, string])[]): void {
  for (const [text, expected] of cases) assert.equal(transform(text), expected);
}

const same = (texts: readonly string[]): [string, string][] => texts.map((text) => [text, text]);

test('IPv4 becomes its /24 wherever it stands', () => {
  check(maskAddresses, [
    ['192.0.2.77', '192.0.2.0/24'],
    ['connect ECONNREFUSED 192.0.2.77:6969', 'connect ECONNREFUSED 192.0.2.0/24:6969'],
    ['from 192.0.2.77.', 'from 192.0.2.0/24.'],
    ['http://192.0.2.77:80/a,198.51.100.9', 'http://192.0.2.0/24:80/a,198.51.100.0/24'],
    ['192.0.2.77/32 and 10.0.0.0/8', '192.0.2.0/24 and 10.0.0.0/8'],
  ]);
});

test('IPv6 becomes its /48 wherever it stands', () => {
  check(maskAddresses, [
    ['2001:db8:1:2::3', '2001:db8:1::/48'],
    ['[2001:DB8:1:2::3]:6969', '[2001:db8:1::/48]:6969'],
    ['2001:db8:1:2:3:4:5:6: refused', '2001:db8:1::/48: refused'],
    ['at 2001:db8::1.', 'at 2001:db8::/48.'],
    ['fe80::1%eth0', 'fe80::/48%eth0'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8::7/128', '2001:db8::/48'],
  ]);
});

test('a text of a million colons is read in no time, and what is before them is masked', () => {
  const colons = ':'.repeat(1_000_000);
  check(maskAddresses, [
    [colons, colons],
    [`2001:db8:1:2::3${colons}`, `2001:db8:1::/48${colons}`],
  ]);
});

test('an IPv4 address within an IPv6 address does not stay whole', () => {
  check(maskAddresses, [
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['::ffff:c000:24d', '192.0.2.0/24'],
    ['::ffff:192.0.2.77/128', '192.0.2.0/24'],
    ['64:ff9b::192.0.2.77', '64:ff9b::/48'],
    ['2002:c000:24d::1', '2002:c000:200::/40'],
  ]);
});

test('the unspecified address and those of this machine itself are nobody’s and stay', () => {
  check(maskAddresses, same(['0.0.0.0:6969', '[::]:6969', 'connect ECONNREFUSED 127.0.0.1:5432', '[::1]:6969']));
  check(maskAddresses, [['::ffff:127.0.0.1', '127.0.0.1']]);
});

test('times, versions, names and numbers are no addresses', () => {
  check(
    maskAddresses,
    same(['12:34:56', 'aa:bb:cc:dd:ee:ff', 'std::map', 'v1.2.3', '1.2.3.4.5', '999.1.1.1', 'a: b: c']),
  );
});

test('masking twice is masking once', () => {
  const address = fc
    .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
    .map(formatHost);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(address, fc.string(), fc.constantFrom(':', '.', '/', '24', ' ')), { maxLength: 8 }),
      (parts) => {
        const once = maskAddresses(parts.join(' '));
        assert.equal(maskAddresses(once), once);
      },
    ),
  );
});

test('no address with a last byte survives', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  const before = fc.constantFrom('', ' ', '[', 'from ', '://', '=', ',', '"', '(');
  const behind = fc.constantFrom('', ' ', ']:80', '.', ',', ' refused', ')', '/');
  fc.assert(
    fc.property(bytes, before, behind, (host, head, tail) => {
      host[host.length - 1] = 77;
      fc.pre(host.length === 16 || host[0] !== 127);
      const text = formatHost(host);
      assert.ok(!maskAddresses(`${head}${text}${tail}`).includes(text));
    }),
  );
});

test('hostile text takes no long time', () => {
  const texts = [':', '1.', 'a.', 'f:f.', '::', '@'].map((part) => part.repeat(4000));
  for (const text of texts) assert.ok(maskAddresses(text).length > 0);
});
