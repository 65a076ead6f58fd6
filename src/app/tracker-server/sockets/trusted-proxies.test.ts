import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forwardedIn, TrustedProxies } from './trusted-proxies.ts';

const proxies = new TrustedProxies(['10.0.0.0/8', '2001:db8:1::/48']);

describe('the client behind proxies is', () => {
  for (const [name, remote, forwarded, client] of [
    ['who connects, when that is no trusted proxy, whatever it says', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['whom a trusted proxy names', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['the last one that is no trusted proxy', '10.0.0.1', '192.0.2.9, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['not whom the client itself names', '10.0.0.1', '8.8.8.8, 198.51.100.1', '198.51.100.1'],
    ['the proxy, when it names nobody', '10.0.0.1', '', '10.0.0.1'],
    ['the proxy, when it names no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['the first proxy, when there are only proxies', '10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3'],
    ['an IPv6 address', '2001:db8:1::7', '2001:db8:ffff::1', '2001:db8:ffff::1'],
    ['an address with its port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    [
      'an IPv6 address in brackets, with and without port',
      '10.0.0.1',
      '[2001:db8:ffff::1]:4711, [2001:db8:1::2]',
      '2001:db8:ffff::1',
    ],
    ['named by a proxy whose address comes as IPv6', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ] as const) {
    test(name, () =>
      assert.equal(
        proxies.clientOf(remote, () => forwarded),
        client,
      ),
    );
  }

  test('who connects, when no proxy is trusted', () => {
    assert.equal(
      new TrustedProxies([]).clientOf('10.0.0.1', () => '198.51.100.1'),
      '10.0.0.1',
    );
  });
});

test('the header is read in any case and as often as it comes', () => {
  const head =
    ' HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nAccept: */*\r\nx-forwarded-for:192.0.2.2, 192.0.2.3';
  assert.equal(forwardedIn(head), '192.0.2.1,192.0.2.2, 192.0.2.3');
});
