/** The leak test over a machine that the test makes up; over real interfaces it is in test/e2e/egress.test.ts. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeSystem } from '../../net/egress/fakes.test.ts';
import { scratchFolder } from '../../../test/e2e/cli-process.ts';
import { readClientInterface } from './client-interface.ts';
import { type LeakReport, testLeaks } from './leak-test.ts';

const SOCKETS = 10; // five kinds of traffic, two families
const verdicts = ({ rows }: LeakReport): string[] => [...new Set(rows.map(({ verdict }) => verdict))];
const row = ({ rows }: LeakReport, traffic: RegExp): LeakReport['rows'][number] | undefined =>
  rows.find((one) => traffic.test(one.traffic));

describe('the leak test of an interface', () => {
  it('finds everything sealed where sockets are bound to it and the routes of its addresses lead there', async () => {
    const report = await testLeaks({ interface: 'wg0' }, new FakeSystem());
    assert.ok(report.isSealed);
    assert.equal(report.problem, null);
    assert.deepEqual(verdicts(report), ['sealed']);
    assert.equal(report.rows.filter(({ traffic }) => traffic === 'UDP trackers').length, 2);
    assert.deepEqual(row(report, /^name server/), {
      traffic: 'name server 10.8.0.1:53',
      family: 4,
      source: '10.8.0.2',
      leavesBy: 'wg0',
      verdict: 'sealed',
      reason: null,
    });
  });

  it('finds open what the kernel does not bind', async () => {
    const system = new FakeSystem();
    system.boundTo = () => ({ device: '', source: '10.8.0.2' });
    const report = await testLeaks({ interface: 'wg0' }, system);
    assert.equal(report.isSealed, false);
    assert.equal(report.rows.filter(({ verdict }) => verdict === 'open').length, SOCKETS);
  });

  it('finds open what the system itself would answer by another interface, and that nothing else is sent', async () => {
    const system = new FakeSystem();
    system.routeOf = (from) => (from.includes(':') ? null : 'eth0');
    const report = await testLeaks({ interface: 'wg0' }, system);
    assert.equal(report.isSealed, false);
    assert.equal(report.problem?.code, 'NET_INTERFACE_ROUTE');
    const open = report.rows.filter(({ verdict }) => verdict === 'open');
    assert.deepEqual([...new Set(open.map(({ source, leavesBy }) => `${source} ${leavesBy}`))], ['10.8.0.2 eth0']);
    assert.equal(row(report, /^UDP trackers/)?.verdict, 'blocked');
    assert.match(row(report, /2606:/)?.reason ?? '', /no route/);
  });

  it('finds all blocked while it is away', async () => {
    const system = new FakeSystem();
    system.state = null;
    const report = await testLeaks({ interface: 'wg0' }, system);
    assert.ok(report.isSealed);
    assert.equal(report.problem?.code, 'NET_INTERFACE_DOWN');
    assert.deepEqual(verdicts(report), ['blocked']);
    assert.equal(system.opened, 0);
  });

  it('finds a family without an address blocked, and a name server that would ask on by any way', async () => {
    const system = new FakeSystem();
    system.state = { index: 3, addresses: ['10.8.0.2'] };
    system.isOwn = (host) => host === '127.0.0.53';
    const report = await testLeaks({ interface: 'wg0', nameServers: ['127.0.0.53'] }, system);
    assert.ok(report.isSealed);
    const [v4, v6] = report.rows.filter(({ traffic }) => traffic === 'UDP trackers');
    assert.deepEqual([v4?.verdict, v6?.verdict, v6?.reason], ['sealed', 'blocked', 'wg0 has no IPv6 address']);
    assert.match(row(report, /^name server/)?.reason ?? '', /127\.0\.0\.53 is on this machine/);
  });
});

describe('the leak test without an interface', () => {
  it('finds nothing sealed: what leaves, leaves by the routes', async () => {
    const report = await testLeaks({ interface: null });
    assert.equal(report.isSealed, false);
    assert.equal(report.rows.length, SOCKETS);
    assert.ok(!verdicts(report).includes('sealed'));
  });
});

describe('the leak test of addresses', () => {
  const shown = ({ rows }: LeakReport, family: number): string[] =>
    rows
      .filter((one) => one.family === family)
      .map((one) => [one.traffic, one.source, one.leavesBy, one.verdict].join(' '));

  it('finds what is sent from them where the routes lead, and look-ups sent from any', async () => {
    const report = await testLeaks({ interface: null, bind: ['127.0.0.1'] }, new FakeSystem());
    assert.equal(report.isSealed, false);
    assert.deepEqual(report.bind, ['127.0.0.1']);
    assert.deepEqual(
      shown(report, 4).slice(0, 4),
      ['peers that we connect to', 'peers that connect to us', 'HTTP trackers', 'UDP trackers'].map(
        (traffic) => `${traffic} 127.0.0.1 wg0 open`,
      ),
    );
    const lookUps = row(report, /^look-ups/);
    assert.ok(lookUps?.verdict === 'blocked' || lookUps?.reason === 'asked from any address');
    assert.notEqual(lookUps?.source, '127.0.0.1');
  });

  it('finds the family blocked of which there is none, and what the kernel has no route for', async () => {
    const system = new FakeSystem();
    system.routeOf = () => null;
    const report = await testLeaks({ interface: null, bind: ['127.0.0.1'] }, system);
    assert.match(row(report, /^UDP trackers/)?.reason ?? '', /no route to 1\.1\.1\.1/);
    const v6 = report.rows.filter(({ family, traffic }) => family === 6 && !traffic.startsWith('look-ups'));
    assert.deepEqual([...new Set(v6.map(({ verdict }) => verdict))], ['blocked']);
    assert.match(v6[0]?.reason ?? '', /no IPv6 address/);
  });

  it('finds blocked what cannot be listened on, beside what can', async () => {
    const report = await testLeaks({ interface: null, bind: ['127.0.0.1', '198.51.100.7'] }, new FakeSystem());
    const inward = report.rows.filter(({ traffic, family }) => traffic === 'peers that connect to us' && family === 4);
    assert.deepEqual(
      inward.map(({ verdict }) => verdict),
      ['open', 'blocked'],
    );
    assert.match(inward[1]?.reason ?? '', /198\.51\.100\.7/);
  });

  it('does not guess the interface where the kernel cannot be asked', async () => {
    const system = new FakeSystem();
    system.routeOf = () => {
      throw new Error('no node:ffi');
    };
    const { verdict, leavesBy, reason } = row(
      await testLeaks({ interface: null, bind: ['127.0.0.1'] }, system),
      /^UDP trackers/,
    ) as LeakReport['rows'][number];
    assert.deepEqual([verdict, leavesBy, reason], ['open', null, 'the routes cannot be asked here']);
  });

  it('takes an unspecified address for none', async () => {
    const report = await testLeaks({ interface: null, bind: ['0.0.0.0', '::'] }, new FakeSystem());
    const unbound = await testLeaks({ interface: null }, new FakeSystem());
    assert.deepEqual(report, unbound);
  });
});

describe('the interface of the client', () => {
  it('is that of the configuration file', async () => {
    await using folder = await scratchFolder();
    const file = join(folder.path, 'config.toml');
    await writeFile(file, '[peers]\ninterface = "wg0"\nnameServers = ["10.8.0.1"]\n');
    const { interface: name, nameServers } = await readClientInterface(file, new AbortController().signal);
    assert.deepEqual([name, nameServers], ['wg0', ['10.8.0.1']]);
  });

  it('is none where the configuration has addresses', async () => {
    await using folder = await scratchFolder();
    const file = join(folder.path, 'config.toml');
    await writeFile(file, '[peers]\nbind = ["10.8.0.2"]\n');
    const { interface: name, bind } = await readClientInterface(file, new AbortController().signal);
    assert.deepEqual([name, bind], [null, ['10.8.0.2']]);
  });

  it('is not guessed where the file is not there', async () => {
    await assert.rejects(readClientInterface('/nowhere/config.toml', new AbortController().signal), {
      code: 'CONFIG_UNREADABLE',
    });
  });
});
