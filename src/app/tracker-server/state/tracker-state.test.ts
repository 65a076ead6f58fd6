import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { openDatabase } from '../../../db/index.ts';
import { announceTo, hashOf } from '../../../tracker/fakes.test.ts';
import { defaultTrackerOptions } from '../options.ts';
import { FakeLog } from './fakes.test.ts';
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
    assert.equal(timers(), before);
    assert.equal(existsSync(join(directory, 'tracker.db-wal')), false);
  });
});
