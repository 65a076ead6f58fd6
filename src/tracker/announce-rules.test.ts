import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnnounceRules, defaultRules, lifetimeOf } from './announce-rules.ts';
import { callOf } from './fakes.test.ts';
import { MOST_WANTED, TICK_SECONDS } from './swarm-store.ts';

const check = (host: string, port: number, allowsPrivate = false): string =>
  new AnnounceRules({ ...defaultRules, allowsPrivate }).check(callOf({ host }), port)?.reason ?? 'good';

describe('the rules of announcing', () => {
  it('let peers of public addresses pass, at ports from 1024 on and those of the web', () => {
    for (const port of [80, 443, 1024, 6881, 65_535]) {
      assert.equal(check('192.0.2.1', port), 'good');
      assert.equal(check('2001:db8::1', port), 'good');
    }
  });

  it('refuse ports of other services', () => {
    for (const port of [0, 1, 21, 25, 53, 79, 81, 442, 444, 1023]) assert.match(check('192.0.2.1', port), /port/);
  });

  it('refuse addresses that are not public, unless they are allowed', () => {
    for (const host of [
      '10.1.2.3',
      '192.168.0.1',
      '127.0.0.1',
      '169.254.1.1',
      '100.64.0.1',
      '::1',
      'fe80::1',
      'fd00::1',
    ]) {
      assert.match(check(host, 6881), /public/, host);
      assert.equal(check(host, 6881, true), 'good', host);
    }
  });

  it('refuse addresses that no host can have, always', () => {
    for (const host of ['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1']) {
      for (const allowsPrivate of [false, true]) assert.match(check(host, 6881, allowsPrivate), /public/, host);
    }
  });

  it('bound the number of peers, and give fifty to who does not say', () => {
    for (const [want, bounded] of [
      [-1, 50],
      [-0x80000000, 50],
      [0, 0],
      [1, 1],
      [MOST_WANTED, MOST_WANTED],
      [MOST_WANTED + 1, MOST_WANTED],
      [0x7fffffff, MOST_WANTED],
    ] as const) {
      const call = callOf({ want });
      new AnnounceRules(defaultRules).check(call, 6881);
      assert.equal(call.want, bounded);
    }
  });

  it('name each outcome that is no answer', () => {
    const rules = new AnnounceRules(defaultRules);
    assert.equal(rules.refusalOf('served'), null);
    assert.equal(rules.refusalOf('unknown')?.retryIn, 60, 'it may be registered by then');
    assert.deepEqual(rules.refusalOf('denied')?.retryIn, 'never');
    assert.equal(typeof rules.refusalOf('full')?.retryIn, 'number');
  });

  it('let a peer miss one announce before it is gone', () => {
    for (const interval of [30, 600, 1800]) {
      const seconds = lifetimeOf(interval) * TICK_SECONDS;
      assert.ok(seconds >= 2 * interval && seconds <= 3 * interval, `${seconds} for ${interval}`);
    }
  });
});
