import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AddressScope, scopeOf } from './address-scope.ts';

describe('scopeOf', () => {
  const scopes: Record<AddressScope, string[]> = {
    public: ['1.1.1.1', '192.0.2.1', '172.32.0.1', '100.128.0.1', '2001:db8::1', '64:ff9b::1'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1', 'fc00::1'],
    'link-local': ['169.254.169.254', 'fe80::1', 'febf::1'],
    loopback: ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1'],
    unusable: ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', 'localhost', '', '1.2.3'],
  };
  for (const [scope, hosts] of Object.entries(scopes)) {
    it(`knows ${scope} addresses`, () => {
      for (const host of hosts) assert.equal(scopeOf(host), scope, host);
    });
  }
});
