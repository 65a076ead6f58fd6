import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey } from '../../base/address.ts';
import { toHex, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { magnetErrors } from './errors.ts';
import { decodeMagnet, encodeMagnet, type Magnet } from './magnet.ts';

const v1 = 'cd'.repeat(20);
const v2 = 'ab'.repeat(32);
const withV1 = (rest: string): Magnet => decodeMagnet(`magnet:?xt=urn:btih:${v1}${rest}`);

function codeOfDecoding(link: string): string | null {
  try {
    decodeMagnet(link);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

test('a v1 hash is read from hexadecimal and base32 in either case', () => {
  const read = (text: string): string => toHex(decodeMagnet(`magnet:?xt=urn:btih:${text}`).infoHashes.v1 as Uint8Array);
  assert.equal(read(v1), v1);
  assert.equal(read(v1.toUpperCase()), v1);
  assert.equal(read('MFRGCYTBMJQWEYLCMFRGCYTBMJQWEYLC'), toHex(utf8('abababababababababab')));
  assert.equal(read('mfrgcytbmjqweylcmfrgcytbmjqweylc'), toHex(utf8('abababababababababab')));
  assert.equal(read('77777777777777777777777777777777'), 'ff'.repeat(20));
});

test('a v2 hash is a multihash, and a hybrid link has both', () => {
  const only = decodeMagnet(`magnet:?xt=urn:btmh:1220${v2}`).infoHashes;
  assert.equal(only.v1, null);
  assert.equal(toHex(only.v2 as Uint8Array), v2);
  const both = decodeMagnet(`magnet:?xt=urn:btmh:1220${v2}&xt=urn:btih:${v1}`).infoHashes;
  assert.equal(toHex(both.v1 as Uint8Array), v1);
  assert.equal(toHex(both.v2 as Uint8Array), v2);
});

const refused: readonly [link: string, code: string][] = [
  ['', 'MAGNET_NOT_A_LINK'],
  ['http://example.com/', 'MAGNET_NOT_A_LINK'],
  ['magnet:xt=urn:btih', 'MAGNET_NOT_A_LINK'],
  ['magnet:?', 'MAGNET_NO_HASH'],
  ['magnet:?dn=foo', 'MAGNET_NO_HASH'],
  ['magnet:?xt=urn:sha1:ABC', 'MAGNET_NO_HASH'],
  ['magnet:?xt=urn%%3Abtih', 'MAGNET_NO_HASH'],
  ['magnet:?xt=urn:btih:', 'MAGNET_BAD_HASH'],
  ['magnet:?xt=urn:btih:abababab', 'MAGNET_BAD_HASH'],
  [`magnet:?xt=urn:btih:${'zz'.repeat(20)}`, 'MAGNET_BAD_HASH'],
  [`magnet:?xt=urn:btih:${v1}00`, 'MAGNET_BAD_HASH'],
  ['magnet:?xt=urn:btih:1FRGCYTBMJQWEYLCMFRGCYTBMJQWEYLC', 'MAGNET_BAD_HASH'],
  ['magnet:?xt=urn:btih: abababababababababab', 'MAGNET_BAD_HASH'],
  [`magnet:?xt=urn:btmh:1220${v1}`, 'MAGNET_BAD_HASH'],
  [`magnet:?xt=urn:btmh:1114${v1}`, 'MAGNET_BAD_HASH'],
  [`magnet:?xt=urn:btmh:${v2}`, 'MAGNET_BAD_HASH'],
];
for (const [link, code] of refused) {
  test(`${JSON.stringify(link.slice(0, 40))} is refused with ${code}`, () => assert.equal(codeOfDecoding(link), code));
}

test('names of parameters may be in any case, escaped or numbered', () => {
  const magnet = decodeMagnet(`MAGNET:?XT.1=urn%3Abtih%3A${v1}&dN=foobar&Ws=http://foo.com/bar`);
  assert.equal(toHex(magnet.infoHashes.v1 as Uint8Array), v1);
  assert.equal(magnet.name, 'foobar');
  assert.deepEqual(magnet.webSeeds, ['http://foo.com/bar']);
});

test('trackers keep their order, each once, whether numbered or not', () => {
  const magnet = withV1(
    '&tr.0=udp://1&tr.1=http%3A%2F%2F2&tr=http://3&tr=udp://1&tr.a=udp://4&tr=&tr=nonsense&tr=ftp://5',
  );
  assert.deepEqual(magnet.trackers, ['udp://1', 'http://2', 'http://3']);
});

test('a link copied from the source of a page decodes', () => {
  assert.deepEqual(withV1('&amp;dn=x&amp;tr=udp://1').trackers, ['udp://1']);
});

test('the name has its plus signs and escapes undone, and broken escapes leave it out', () => {
  assert.equal(withV1('&dn=a+b%20c%2Bd').name, 'a b c+d');
  assert.equal(withV1('&dn=%C3%BC').name, '\u00fc');
  assert.equal(withV1('&dn=%FF').name, '\ufffd');
  assert.equal(withV1('&dn=%zz').name, null);
  assert.equal(withV1('&dn=').name, null);
  assert.equal(withV1('&tr=http://a/?b=c+d').trackers[0], 'http://a/?b=c+d');
});

test('peers are addresses, host names and nonsense are skipped', () => {
  const { peers } = withV1(
    '&x.pe=127.0.0.1:43&x.pe=<invalid1>&x.pe=example.com:100&x.pe=[::1]:45&x.pe=1.2.3.4:0&x.pe=127.0.0.1:43',
  );
  assert.deepEqual(peers.map(addressKey), ['127.0.0.1:43', '[::1]:45']);
});

test('the length is read when it is a number', () => {
  assert.equal(withV1('&xl=12345').length, 12345);
  assert.equal(withV1('&xl=many').length, null);
  assert.equal(withV1('').length, null);
});

test('a link of a megabyte decodes', () => {
  assert.equal(withV1(`&dn=${'x'.repeat(1e6)}`).name?.length, 1e6);
  assert.equal(withV1(`&dn=${'%41'.repeat(3e5)}`).name?.length, 3e5);
  assert.equal(withV1(`&so=${'0-999999,'.repeat(1e4)}`).select?.length, 1e6);
});

test('the order of parts in a written link is fixed', () => {
  const link = encodeMagnet({
    infoHashes: { v1: new Uint8Array(20).fill(0xcd), v2: new Uint8Array(32).fill(0xab) },
    name: 'a b&c',
    trackers: ['http://t/a?b=c'],
    webSeeds: ['http://w/'],
    peers: [{ host: '::1', port: 5 }],
    select: [4, 0, 2, 3],
    length: 7,
  });
  const expected = `magnet:?xt=urn:btih:${v1}&xt=urn:btmh:1220${v2}&dn=a%20b%26c&xl=7`;
  assert.equal(link, `${expected}&tr=http%3A%2F%2Ft%2Fa%3Fb%3Dc&ws=http%3A%2F%2Fw%2F&x.pe=[::1]:5&so=0,2-4`);
});

const hash = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const url = fc
  .array(fc.constantFrom(...'ab/?=%&+;\u00fc'), { maxLength: 9 })
  .map((characters) => `https://host/${characters.join('')}`);
const host = fc.constantFrom('1.2.3.4', '250.0.0.1', '::1', '2001:db8::7');

test('what was written is read back', () => {
  const none = fc.constant(null);
  const hashPairs = fc.oneof(fc.tuple(hash(20), none), fc.tuple(none, hash(32)), fc.tuple(hash(20), hash(32)));
  const members = {
    infoHashes: hashPairs.map(([first, second]) => ({ v1: first, v2: second })),
    name: fc.oneof(
      none,
      fc
        .array(fc.constantFrom(...'aB +%&=\u00fc\u{1f600}'), { minLength: 1 })
        .map((characters) => characters.join(''))
        .filter((name) => name.trim() === name),
    ),
    trackers: fc.uniqueArray(url, { maxLength: 3 }),
    webSeeds: fc.uniqueArray(url, { maxLength: 3 }),
    peers: fc.uniqueArray(
      fc.tuple(host, fc.integer({ min: 1, max: 65535 })).map(([name, port]) => ({ host: name, port })),
      { maxLength: 3, selector: addressKey },
    ),
    select: fc.oneof(
      none,
      fc.uniqueArray(fc.nat(40), { minLength: 1 }).map((indices) => indices.sort((a, b) => a - b)),
    ),
    length: fc.oneof(none, fc.maxSafeNat()),
  };
  const magnets = fc.record(members, { noNullPrototype: true });
  fc.assert(fc.property(magnets, (magnet) => assert.deepEqual(decodeMagnet(encodeMagnet(magnet)), magnet)));
});

test('garbage raises only documented errors', () => {
  const part = fc.constantFrom(
    'xt=',
    'urn:btih:',
    'urn:btmh:1220',
    v1,
    v2,
    '&',
    '=',
    '%',
    '%4',
    'so=',
    '1-',
    'x.pe=',
    'tr=',
    'dn=%ff',
  );
  const links = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => `magnet:?${parts.join('')}`),
  );
  fc.assert(
    fc.property(links, (link) => {
      const code = codeOfDecoding(link);
      assert.ok(code === null || code in magnetErrors, String(code));
    }),
    { numRuns: 1000 },
  );
});
