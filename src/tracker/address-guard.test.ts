import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AddressPrefix, parsePrefix } from '../base/address-prefix.ts';
import { AddressRanges } from '../base/address-ranges.ts';
import { AddressGuard } from './address-guard.ts';
import { AnnounceRules, defaultRules } from './announce-rules.ts';
import { client4, client6, countsOf, escapeAll, FakeHttp, FakeUdp, hashOf, newTable } from './fakes.test.ts';
import { RateLimits } from './rate-limits.ts';
import { FakeBrowser } from './ws/fakes.test.ts';
import { WebFront } from './ws/web-front.ts';

const BURST = 3;
const query = `info_hash=${escapeAll(hashOf(0))}&peer_id=${'%70'.repeat(20)}&port=6881&left=1`;
const scrape = `info_hash=${escapeAll(hashOf(0))}`;

class Guarded {
  now = 0;
  readonly table = newTable();
  readonly guard: AddressGuard;
  readonly rules: AnnounceRules;
  readonly http: FakeHttp;
  readonly udp: FakeUdp;

  constructor(bans: readonly string[] = []) {
    const limits = new RateLimits({ perSecond: 1, burst: BURST }, RateLimits.memory(), 1);
    const ranges = AddressRanges.of(bans.map((ban) => parsePrefix(ban) as AddressPrefix));
    this.guard = new AddressGuard(ranges, limits, () => this.now);
    this.rules = new AnnounceRules(defaultRules, { guard: this.guard });
    this.http = new FakeHttp(this.table, {}, this.rules);
    this.udp = new FakeUdp(this.table, {}, 7, this.rules);
  }

  /** Head and body of the answer to an HTTP request. */
  ask(what: 'announce' | 'scrape', host?: string): { head: string; body: string } {
    const { head, body } = this.http.ask(what, what === 'announce' ? query : scrape, host);
    return { head, body: Buffer.from(body).toString('latin1') };
  }

  browser(host: string): FakeBrowser {
    const swarms = this.table;
    const front = new WebFront({ swarms, rules: this.rules, tick: () => 1000, thread: 0, relay: () => {} });
    return new FakeBrowser(front, '-WW0001-............', { host });
  }
}

describe('who announces too often', () => {
  test('is told so over HTTP with status 429, and when to come back', () => {
    const tracker = new Guarded();
    for (let i = 0; i < BURST; i++) assert.match(tracker.ask('announce').head, /^HTTP\/1\.1 200 /);
    for (const what of ['announce', 'scrape'] as const) {
      const { head, body } = tracker.ask(what);
      assert.match(head, /^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: 60\r\n/);
      assert.equal(body, 'd14:failure reason22:you announce too often8:retry in1:1e');
    }
    tracker.now += 1000;
    assert.match(tracker.ask('announce').head, /^HTTP\/1\.1 200 /);
  });

  test('is told so over UDP, and still gets connection ids', () => {
    const tracker = new Guarded();
    for (let i = 0; i < BURST; i++) assert.equal(tracker.udp.announce()?.action, 'announce');
    assert.equal(tracker.udp.announce()?.action, 'error');
    assert.equal(tracker.udp.scrape([hashOf(0)])?.action, 'error');
    assert.equal(tracker.udp.announce({}, client6)?.action, 'announce');
  });

  test('is told so over a WebSocket', () => {
    const tracker = new Guarded();
    const browser = tracker.browser('192.0.2.1');
    for (let i = 0; i <= BURST; i++) browser.announce();
    const failures = browser.got.filter((message) => 'failure reason' in message);
    assert.deepEqual([browser.got.length, failures.length], [BURST + 1, 1]);
  });

  test('is counted over all protocols together', () => {
    const tracker = new Guarded();
    tracker.ask('announce', '192.0.2.1');
    tracker.udp.announce({}, client4);
    tracker.browser('192.0.2.1').announce();
    assert.match(tracker.ask('announce', '192.0.2.1').head, /429/);
  });

  test('cannot be made out of somebody else by datagrams without a proved address', () => {
    const tracker = new Guarded();
    const datagram = tracker.udp.announceOf();
    for (let i = 0; i < 100; i++) tracker.udp.exchange(Uint8Array.from(datagram, (byte, at) => (at < 8 ? 0 : byte)));
    for (let i = 0; i < 100; i++) tracker.udp.connect();
    assert.equal(tracker.udp.announce()?.action, 'announce');
  });
});

describe('who is banned', () => {
  test('is served over no protocol, and does not get into a swarm', () => {
    const tracker = new Guarded(['192.0.2.0/24', '2001:db8::/32']);
    assert.match(tracker.ask('announce', '192.0.2.1').body, /banned.*8:retry in2:60e/);
    assert.match(tracker.ask('scrape', '2001:db8::5').body, /banned/);
    assert.equal(tracker.udp.announce({}, client4)?.action, 'error');
    assert.equal(tracker.udp.announce({}, client6)?.action, 'error');
    const browser = tracker.browser('192.0.2.9');
    browser.announce();
    assert.ok('failure reason' in (browser.got[0] as object));
    assert.equal(countsOf(tracker.table).incomplete, 0);
    assert.match(tracker.ask('announce', '198.51.100.1').head, /200/);
  });

  test('is served again as soon as the ban is lifted', () => {
    const tracker = new Guarded(['192.0.2.0/24']);
    tracker.guard.bans = AddressRanges.of([]);
    assert.equal(tracker.udp.announce()?.action, 'announce');
  });
});

describe('a warning of the operator', () => {
  test('goes to clients on HTTP and WebSockets, in any language', () => {
    const tracker = new Guarded();
    tracker.rules.options = { ...defaultRules, warning: 'moves on Sunday — läuft um' };
    const text = Buffer.from('moves on Sunday — läuft um').toString('latin1');
    assert.ok(tracker.ask('announce').body.endsWith(`15:warning message${text.length}:${text}e`));
    const browser = tracker.browser('192.0.2.5');
    browser.announce();
    assert.equal(browser.got[0]?.['warning message'], 'moves on Sunday — läuft um');
  });
});
