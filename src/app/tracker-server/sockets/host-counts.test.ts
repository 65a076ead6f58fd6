import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostCounts } from './host-counts.ts';

describe('connections of one address', () => {
  it('are counted up to a limit', () => {
    const hosts = new HostCounts();
    const [one, two] = [hosts.take('198.51.100.7', 2), hosts.take('::ffff:198.51.100.7', 2)];
    assert.ok(one !== undefined && two !== undefined);
    assert.equal(hosts.take('198.51.100.7', 2), undefined);
    assert.notEqual(hosts.take('198.51.100.8', 2), undefined);
    hosts.giveBack(one);
    assert.notEqual(hosts.take('198.51.100.7', 2), undefined);
    assert.equal(hosts.take('198.51.100.7', 2), undefined);
  });

  it('are counted by network for IPv6', () => {
    const hosts = new HostCounts();
    assert.notEqual(hosts.take('2001:db8:1:2::1', 1), undefined);
    assert.equal(hosts.take('2001:db8:1:2:ffff::1', 1), undefined);
    assert.notEqual(hosts.take('2001:db8:1:3::1', 1), undefined);
  });

  it('are not counted when they come from a private address, and refused without one', () => {
    const hosts = new HostCounts();
    for (let i = 0; i < 3; i++) assert.equal(hosts.take('127.0.0.1', 1), null);
    hosts.giveBack(null);
    assert.equal(hosts.take('', 1), undefined);
  });
});
