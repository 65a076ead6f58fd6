/** WebSockets count as peers of their address. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { announceTo, newMemory, tableOn } from '../fakes.test.ts';
import { HostQuota } from './host-quota.ts';

describe('connections of one address', () => {
  it('are counted together with its peers, up to a limit', () => {
    const memory = newMemory();
    const quota = new HostQuota(memory);
    announceTo(tableOn(memory), { host: '198.51.100.7' });
    const [one, two] = [quota.take('198.51.100.7', 3), quota.take('::ffff:198.51.100.7', 3)];
    assert.ok(one !== undefined && two !== undefined);
    assert.equal(quota.take('198.51.100.7', 3), undefined);
    assert.notEqual(quota.take('198.51.100.8', 3), undefined);
    quota.giveBack(one);
    assert.notEqual(quota.take('198.51.100.7', 3), undefined);
  });

  it('are counted by network for IPv6', () => {
    const quota = new HostQuota(newMemory());
    assert.notEqual(quota.take('2001:db8:1:2::1', 1), undefined);
    assert.equal(quota.take('2001:db8:1:2:ffff::1', 1), undefined);
    assert.notEqual(quota.take('2001:db8:1:3::1', 1), undefined);
  });

  it('are not counted when they come from a private address, and refused without one', () => {
    const quota = new HostQuota(newMemory());
    for (let i = 0; i < 3; i++) assert.equal(quota.take('127.0.0.1', 1), null);
    quota.giveBack(null);
    assert.equal(quota.take('', 1), undefined);
  });
});
