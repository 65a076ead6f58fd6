import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatHost, parseHost } from '../base/address.ts';
import { setHost, setPort } from './client-address.ts';
import { AnnounceCall } from './swarm-store.ts';

/** The host in a call after it was set, with its family; null when it was refused. */
function hostOf(text: string): string | null {
  const call = new AnnounceCall();
  call.addressBytes.fill(0xee);
  return setHost(call, text)
    ? `${call.family} ${formatHost(call.addressBytes.slice(0, call.family === 4 ? 4 : 16))}`
    : null;
}

describe('the address of a client', () => {
  it('is read as a socket writes it, IPv4 and IPv6', () => {
    fc.assert(fc.property(fc.ipV4(), (host) => hostOf(host) === `4 ${host}`));
    const host6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatHost);
    fc.assert(fc.property(host6, (host) => hostOf(host) === `${host.includes(':') ? 6 : 4} ${host}`));
  });

  it('is IPv4 when it comes wrapped in IPv6', () => {
    assert.equal(hostOf('::ffff:192.0.2.1'), '4 192.0.2.1');
    assert.equal(hostOf('::ffff:c000:201'), '4 192.0.2.1');
    assert.equal(hostOf('::fffe:192.0.2.1'), '6 ::fffe:c000:201');
  });

  it('is read without its zone', () => {
    assert.equal(hostOf('fe80::1%eth0'), '6 fe80::1');
    assert.equal(hostOf('fe80::1%'), '6 fe80::1');
  });

  it('is refused when the text is none', () => {
    const texts = [
      '',
      '.',
      '1',
      '1.2.3',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '1.2.3.4.',
      '1.2.3.4.5',
      '1.2.3.256',
      '999.1.1.1',
    ];
    for (const text of [
      ...texts,
      '1.2.3.4 ',
      ' 1.2.3.4',
      '-1.2.3.4',
      '1.2.3.4:80',
      'a.b.c.d',
      '::1::',
      ':',
      'localhost',
    ]) {
      assert.equal(hostOf(text), null, text);
    }
  });

  it('is never taken from a text that names none, whatever it is', () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom('1', '25', '.', ':', '%', 'f', '0'), { maxLength: 12 }),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const host = typeof parts === 'string' ? parts : parts.join('');
        const expected = parseHost(host.split('%', 1)[0] as string);
        // Leading zeros are read as decimal; a socket does not write them.
        if (expected === null && !/(^|\.)0\d/.test(host)) assert.equal(hostOf(host), null, host);
        if (expected !== null && expected.length === 16) assert.notEqual(hostOf(host), null, host);
      }),
      { numRuns: 2000 },
    );
  });

  it('is followed by the port, in network order, where the family has it', () => {
    const call = new AnnounceCall();
    setHost(call, '192.0.2.1');
    setPort(call, 0x1ae1);
    assert.deepEqual([...call.addressBytes.subarray(0, 6)], [192, 0, 2, 1, 0x1a, 0xe1]);
    setHost(call, '2001:db8::1');
    setPort(call, 0xffff);
    assert.deepEqual([...call.addressBytes.subarray(14, 18)], [0, 1, 0xff, 0xff]);
  });
});
