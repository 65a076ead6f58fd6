import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { addressKey, formatHost, isIPv6, parseAddress, parseHost } from './address.ts';

const canonical = (host: string): string | null => {
  const bytes = parseHost(host);
  return bytes === null ? null : formatHost(bytes);
};

test('text of any address reads back as the same bytes', () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 }).map((words) => {
      return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
    }),
  );
  fc.assert(
    fc.property(address, (bytes) => {
      const text = formatHost(bytes);
      assert.notEqual(isIP(text), 0, text);
      const isMapped = bytes.length === 16 && text.includes('.');
      assert.deepEqual(parseHost(text), isMapped ? bytes.slice(12) : bytes, text);
    }),
  );
});

test('exactly the texts that the operating system takes as addresses are read', () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    '01',
    '00',
    '255',
    '256',
    'ffff',
    'FE80',
    '12345',
    '.',
    ':',
    '::',
    '%',
    ' ',
    '1.2.3.4',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
      const text = pieces.join('');
      assert.equal(parseHost(text) !== null, isIP(text) !== 0 && !text.includes('%'), text);
    }),
    { numRuns: 2000 },
  );
});

test('the canonical form of IPv6 is that of RFC 5952', () => {
  assert.equal(canonical('2001:0DB8:0:0:0:0:0:1'), '2001:db8::1');
  assert.equal(canonical('2001:db8:0:1:1:1:1:1'), '2001:db8:0:1:1:1:1:1', '§4.2.2: one zero word stays');
  assert.equal(canonical('2001:0:0:1:0:0:0:1'), '2001:0:0:1::1', '§4.2.3: the longest run is shortened');
  assert.equal(canonical('2001:db8:0:0:1:0:0:1'), '2001:db8::1:0:0:1', '§4.2.3: of equal runs the first');
  assert.equal(canonical('0:0:0:0:0:0:0:0'), '::');
  assert.equal(canonical('1:2:3:4:5:6:0:0'), '1:2:3:4:5:6::');
});

test('an IPv4-mapped IPv6 address is the IPv4 address', () => {
  assert.equal(canonical('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(canonical('::ffff:c000:201'), '192.0.2.1');
});

test('IPv4 with leading zeros is refused, because some systems read it as octal', () => {
  assert.equal(parseHost('010.0.0.1'), null);
  assert.equal(parseHost('192.168.00.1'), null);
});

test('addresses with port are read, IPv6 in brackets', () => {
  assert.deepEqual(parseAddress('192.0.2.1:6881'), { host: '192.0.2.1', port: 6881 });
  assert.deepEqual(parseAddress(' [2001:DB8::1]:1 '), { host: '2001:db8::1', port: 1 });
});

test('text without a valid host or port is refused', () => {
  const texts = ['', '192.0.2.1', '192.0.2.1:', '192.0.2.1:0', '192.0.2.1:65536', '192.0.2.1:-1', '192.0.2.1:1x'];
  for (const text of [...texts, 'host:1', '2001:db8::1:6881', '[2001:db8::1]', '[192.0.2.1:1', '[x]:1']) {
    assert.equal(parseAddress(text), null, text);
  }
});

test('the key of an address reads back as the address', () => {
  for (const address of [
    { host: '192.0.2.1', port: 6881 },
    { host: '2001:db8::1', port: 65535 },
  ]) {
    assert.deepEqual(parseAddress(addressKey(address)), address);
  }
});

test('addresses with a colon are IPv6', () => {
  assert.equal(isIPv6('::1'), true);
  assert.equal(isIPv6('127.0.0.1'), false);
});
