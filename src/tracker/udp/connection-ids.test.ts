import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConnectionIds } from './connection-ids.ts';

const key = (fill = 7): Uint8Array => new Uint8Array(16).fill(fill);
const host = Uint8Array.of(192, 0, 2, 1);
const host6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
/** The start of a minute. */
const minute = 1_800_000_000;

function issue(ids: ConnectionIds, now: number, to: Uint8Array = host): Uint8Array {
  const id = new Uint8Array(8);
  ids.issue(to, to.length, now, id, 0);
  return id;
}

describe('a connection id', () => {
  it('is accepted for a minute at least and for two at most, whenever it was issued', () => {
    const ids = new ConnectionIds(key());
    for (let second = 0; second < 60; second++) {
      const id = issue(ids, minute + second);
      const isValid = (age: number): boolean => ids.isValid(host, 4, minute + second + age, id, 0);
      for (const age of [0, 1, 30, 59, 60]) assert.ok(isValid(age), `issued at ${second}, ${age} s old`);
      for (const age of [120, 121, 180, 3600, 86_400]) assert.ok(!isValid(age), `issued at ${second}, ${age} s old`);
    }
  });

  it('is accepted from the host it was issued to only', () => {
    const ids = new ConnectionIds(key());
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(59), (other, second) => {
        const id = issue(ids, minute + second);
        assert.equal(ids.isValid(other, 4, minute + second, id, 0), other.join('.') === host.join('.'));
      }),
    );
    const id = issue(ids, minute, host6);
    for (let i = 0; i < 16; i++) {
      const other = host6.slice();
      other[i] = (other[i] as number) ^ 1;
      assert.ok(!ids.isValid(other, 16, minute, id, 0), `byte ${i}`);
    }
    assert.ok(ids.isValid(host6, 16, minute, id, 0));
  });

  it('of an IPv4 host is none of an IPv6 host that begins with it', () => {
    const ids = new ConnectionIds(key());
    const longer = new Uint8Array(16);
    longer.set(host);
    assert.ok(!ids.isValid(longer, 16, minute, issue(ids, minute), 0));
  });

  it('is accepted by every tracker with the same key, and by none with another one', () => {
    const id = issue(new ConnectionIds(key()), minute);
    assert.ok(new ConnectionIds(key()).isValid(host, 4, minute + 60, id, 0));
    assert.ok(!new ConnectionIds(key(8)).isValid(host, 4, minute, id, 0));
  });

  it('is accepted from a tracker whose clock is a little ahead, not from one in the far future', () => {
    const ids = new ConnectionIds(key());
    assert.ok(ids.isValid(host, 4, minute - 1, issue(ids, minute), 0));
    assert.ok(!ids.isValid(host, 4, minute - 61, issue(ids, minute), 0));
  });

  it('cannot be guessed: neither garbage nor an id with one bit changed is accepted', () => {
    const ids = new ConnectionIds(key());
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (id) => !ids.isValid(host, 4, minute, id, 0)),
      { numRuns: 1000 },
    );
    for (let bit = 0; bit < 64; bit++) {
      const id = issue(ids, minute);
      id[bit >> 3] = (id[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.ok(!ids.isValid(host, 4, minute, id, 0), `bit ${bit}`);
    }
  });

  it('is another one for each host and each minute', () => {
    const ids = new ConnectionIds(key());
    const seen = new Set<string>();
    for (let i = 0; i < 256; i++) {
      seen.add(issue(ids, minute, Uint8Array.of(192, 0, 2, i)).join());
      seen.add(issue(ids, minute + 60 * (i + 1)).join());
    }
    assert.equal(seen.size, 512);
  });

  it('is written and read where it is asked for, and touches nothing around it', () => {
    const ids = new ConnectionIds(key());
    const out = new Uint8Array(20).fill(0xee);
    ids.issue(host, 4, minute, out, 5);
    assert.ok(ids.isValid(host, 4, minute, out, 5));
    assert.ok([...out.subarray(0, 5), ...out.subarray(13)].every((byte) => byte === 0xee));
  });
});
