import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatHost, parseHost } from './address.ts';
import { type AddressScope, scopeOf, scopeOfBytes } from './address-scope.ts';

const scopes: Record<AddressScope, string[]> = {
  public: ['1.1.1.1', '192.0.2.1', '172.32.0.1', '100.128.0.1', '198.20.0.1', '192.0.1.1', '2001:db8::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1', 'fc00::1'],
  'link-local': ['169.254.169.254', 'fe80::1', 'febf::1'],
  loopback: ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1'],
  unusable: ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', 'localhost', '', '1.2.3'],
};

/** Ways to write an IPv4 address, given as two groups, as one of IPv6 that leads there. */
const forms: Readonly<Record<string, (groups: string) => string>> = {
  mapped: (groups) => `::ffff:${groups}`,
  translated: (groups) => `::ffff:0:${groups}`,
  compatible: (groups) => `::${groups}`,
  NAT64: (groups) => `64:ff9b::${groups}`,
  'local NAT64': (groups) => `64:ff9b:1:2:3:4:${groups}`,
  '6to4': (groups) => `2002:${groups}::1`,
};

describe('scopeOf', () => {
  for (const [form, write] of Object.entries(forms)) {
    it(`judges an address of IPv6 that leads to one of IPv4 by that: ${form}`, () => {
      const groups = ['7f00:1', 'a9fe:a9fe', 'a00:1', 'e000:1', '101:101'];
      assert.deepEqual(
        groups.map((one) => scopeOf(write(one))),
        ['loopback', 'link-local', 'private', 'unusable', 'public'],
      );
    });
  }

  it('knows networks for tests and for protocols, and those of old', () => {
    const hosts = ['198.18.0.1', '198.19.255.1', '192.0.0.8', 'fec0::1', 'feff::1'];
    for (const host of hosts) assert.equal(scopeOf(host), 'private', host);
    assert.equal(scopeOf('100::1'), 'unusable');
    for (const host of ['100:0:0:1::1', '64:ff9b:2::1', '2003::1']) assert.equal(scopeOf(host), 'public', host);
  });

  for (const [scope, hosts] of Object.entries(scopes)) {
    it(`knows ${scope} addresses`, () => {
      for (const host of hosts) assert.equal(scopeOf(host), scope, host);
    });
  }
});

describe('scopeOfBytes', () => {
  /** The scope of an address that lies among other bytes. */
  const scopeWithin = (address: Uint8Array, at: number): AddressScope => {
    const bytes = new Uint8Array(at + address.length + 3).fill(0xff);
    bytes.set(address, at);
    return scopeOfBytes(bytes, at, address.length);
  };

  it('knows the scope of an address wherever it lies', () => {
    for (const [scope, hosts] of Object.entries(scopes)) {
      for (const host of hosts) {
        const address = parseHost(host);
        if (address === null) continue;
        for (const at of [0, 1, 7]) assert.equal(scopeWithin(address, at), scope, host);
      }
    }
  });

  it('says of any address what scopeOf says of its text', () => {
    const special = fc.constantFrom(0, 1, 10, 100, 127, 169, 172, 192, 224, 0xfc, 0xfd, 0xfe, 0xff);
    const byte = fc.oneof(special, fc.nat(255));
    const zeros = Array<number>(10).fill(0);
    const address = fc.oneof(
      fc.tuple(byte, byte, byte, byte),
      fc.array(byte, { minLength: 16, maxLength: 16 }),
      fc.tuple(byte, byte, byte, byte).map((tail) => [...zeros, 0xff, 0xff, ...tail]),
      fc.array(fc.constantFrom(0, 1), { minLength: 6, maxLength: 6 }).map((tail) => [...zeros, ...tail]),
    );
    fc.assert(
      fc.property(address, fc.nat(5), (list, at) => {
        const bytes = Uint8Array.from(list);
        assert.equal(scopeWithin(bytes, at), scopeOf(formatHost(bytes)));
      }),
      { numRuns: 2000 },
    );
  });
});
