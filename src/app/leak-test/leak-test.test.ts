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

describe('the interface of the client', () => {
  it('is that of the configuration file', async () => {
    await using folder = await scratchFolder();
    const file = join(folder.path, 'config.toml');
    await writeFile(file, '[peers]\ninterface = "wg0"\nnameServers = ["10.8.0.1"]\n');
    const { interface: name, nameServers } = await readClientInterface(file, new AbortController().signal);
    assert.deepEqual([name, nameServers], ['wg0', ['10.8.0.1']]);
  });

  it('is not guessed where the file is not there', async () => {
    await assert.rejects(readClientInterface('/nowhere/config.toml', new AbortController().signal), {
      code: 'CONFIG_UNREADABLE',
    });
  });
});
