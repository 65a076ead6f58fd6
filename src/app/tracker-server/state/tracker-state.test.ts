import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { openDatabase } from '../../../db/index.ts';
import { AccountTable, type AccountTraffic, wordsOf } from '../../../tracker/index.ts';
import { announceTo, callOf, hashOf } from '../../../tracker/fakes.test.ts';
import type { Outcome } from '../../../tracker/swarm-store.ts';
import { defaultTrackerOptions, type TrackerOptions } from '../options.ts';
import { FakeLog, sha256 } from './fakes.test.ts';
import { TrackerState } from './tracker-state.ts';

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dst-state-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('the state of a tracker', () => {
  test('is stored at the stop, the swarms first, though another process writes to the database just then', async (context) => {
    const directory = folderOf(context);
    const logger = new FakeLog();
    const state = await TrackerState.open({ ...defaultTrackerOptions, directory, logger }, () => {});
    announceTo(state.swarms, { event: 'started', now: state.tick() });
    announceTo(state.swarms, { role: 'seeding', event: 'completed', now: state.tick() });
    using other = new DatabaseSync(join(directory, 'tracker.db'));
    other.exec('begin immediate');
    const stopped = state[Symbol.asyncDispose]();
    while (!existsSync(join(directory, 'swarms.snapshot'))) await systemClock.sleep(5);
    other.exec('rollback');
    await stopped;
    await using database = await openDatabase(join(directory, 'tracker.db'));
    assert.equal((await database.tracker.torrents.find(hashOf(0)))?.completed, 1);
    assert.deepEqual(logger.lines, []);
  });

  test('that cannot be opened leaves no timer and no open database behind', async (context) => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const swarms = 'redis://[';
    await assert.rejects(TrackerState.open({ ...defaultTrackerOptions, swarms }, () => {}));
    const directory = folderOf(context);
    mkdirSync(join(directory, 'udp.key'));
    await assert.rejects(TrackerState.open({ ...defaultTrackerOptions, directory }, () => {}));
    assert.ok(timers() <= before, 'those of others may end meanwhile');
    assert.equal(existsSync(join(directory, 'tracker.db-wal')), false);
  });
});

/** A run of a private tracker: torrent 0 is registered, account 1 has the passkey `key` and may have two peers. */
class Run implements AsyncDisposable {
  readonly state: TrackerState;
  readonly accounts: AccountTable;

  private constructor(state: TrackerState) {
    this.state = state;
    this.accounts = new AccountTable(state.memory);
  }

  static async start(directory: string, options: Partial<TrackerOptions> = {}): Promise<Run> {
    const whole: TrackerOptions = { ...defaultTrackerOptions, directory, access: 'private', ...options };
    return new Run(await TrackerState.open(whole, () => {}));
  }

  async prepare(): Promise<void> {
    const { accounts, passkeys, torrents } = this.state.repository;
    await torrents.change([{ infoHash: hashOf(0), isRegistered: true }]);
    const { id } = await accounts.create({ name: 'a', isEnabled: true, maxPeers: 2, expiresAt: null });
    await passkeys.create({ hash: sha256('key'), accountId: id, label: '' });
    await this.state.follower.refresh();
  }

  announce(port: number, uploaded: number): Outcome {
    const call = callOf({ port, now: this.state.tick() });
    Object.assign(call.member, { uploaded });
    return this.accounts.enter(wordsOf(sha256('key')), wordsOf(hashOf(0)), call);
  }

  traffic(): AccountTraffic[] {
    return this.accounts.takeTraffic();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.state[Symbol.asyncDispose]();
  }
}

async function oneRun(directory: string, options: Partial<TrackerOptions> = {}): Promise<string> {
  await using run = await Run.start(directory, options);
  await run.prepare();
  assert.deepEqual([run.announce(7001, 1000), run.announce(7002, 5)], ['served', 'served']);
  announceTo(run.state.swarms, { now: run.state.tick() });
  return join(directory, 'swarms.snapshot');
}

describe('sessions of accounts', () => {
  for (const [where, options] of [
    ['in memory', {}],
    ['in Redis, also one that is not there', { swarms: 'redis://127.0.0.1:1' }],
  ] as const) {
    test(`outlive a restart where the swarms are ${where}`, async (context) => {
      const directory = folderOf(context);
      const path = await oneRun(directory, options);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      for (let run = 1; run <= 2; run++) {
        await using next = await Run.start(directory, options);
        assert.equal(existsSync(path), false);
        assert.equal(next.state.swarms.use.sessions, 2);
        assert.equal(next.announce(7003, 0), 'crowded');
        assert.equal(next.announce(7001, 1000 + 7 * run), 'served');
        assert.deepEqual(next.traffic(), [{ accountId: 1, uploaded: 7, downloaded: 0 }]);
      }
    });
  }

  test('are forgotten with a file that is damaged or of another format, and the tracker starts all the same', async (context) => {
    const folder = folderOf(context);
    const good = readFileSync(await oneRun(folder));
    const key = 64 + 8;
    const damaged = (at: number): Buffer => Buffer.from(good).fill((good[at] as number) ^ 1, at, at + 1);
    const first = good.toString('latin1').replace('dst swarms 2', 'dst swarms 1');
    const longKey = Buffer.from(good);
    longKey.writeUInt32BE(16, 64);
    for (const bytes of [damaged(key), damaged(64), longKey, good.subarray(0, key), Buffer.from(first, 'latin1')]) {
      writeFileSync(join(folder, 'swarms.snapshot'), bytes);
      await using run = await Run.start(folder);
      const { sessions, peers4 } = run.state.swarms.use;
      assert.deepEqual({ sessions, peers4 }, { sessions: 0, peers4: 0 });
      assert.equal(run.announce(7003, 50), 'served');
      assert.deepEqual(run.traffic(), []);
    }
  });

  test('are those of the accounts that there still are', async (context) => {
    const directory = folderOf(context);
    await oneRun(directory);
    {
      await using database = await openDatabase(join(directory, 'tracker.db'));
      assert.equal(await database.tracker.accounts.remove(1), true);
    }
    await using run = await Run.start(directory);
    const { sessions, peers4 } = run.state.swarms.use;
    assert.deepEqual({ sessions, peers4 }, { sessions: 0, peers4: 1 });
  });
});
