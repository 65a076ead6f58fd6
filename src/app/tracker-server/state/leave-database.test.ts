import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimClock } from '../../../../test/sim/sim-clock.ts';
import { FakeLog } from './fakes.test.ts';
import { leaveDatabase, type LeavingParts } from './leave-database.ts';

const hangs = (): Promise<void> => new Promise(() => {});

/** Seven finished downloads and traffic of two accounts, which the database takes unless told otherwise. */
class Leaving {
  readonly clock: SimClock = new SimClock();
  readonly log: FakeLog = new FakeLog();
  readonly called: string[] = [];
  problem: string | null = null;
  left = 7;
  unstored = 2;
  flush: () => Promise<void> = async () => this.store();

  store(): void {
    this.left = 0;
    this.unstored = 0;
    this.problem = null;
  }

  countUnstored(): number {
    return this.left;
  }

  async leave(parts: Partial<LeavingParts> = {}): Promise<void> {
    const follower = { [Symbol.asyncDispose]: async () => void this.called.push('unfollow') };
    const database = { close: async () => void this.called.push('close') };
    const { clock, log: logger } = this;
    const whole = { clock, logger, follower, torrents: this, members: this, database, ...parts };
    await clock.finish(leaveDatabase(whole), 10_000);
  }
}

describe('a database that is left', () => {
  test('is given what is left to store, and closed', async () => {
    const stage = new Leaving();
    await stage.leave();
    assert.deepEqual([stage.called, stage.log.lines, stage.left], [['unfollow', 'close'], [], 0]);
  });

  test('is tried again while it is busy', async () => {
    const stage = new Leaving();
    let attempts = 0;
    stage.flush = async () => {
      if (++attempts > 3) stage.store();
      else stage.problem = 'busy';
    };
    await stage.leave();
    assert.deepEqual([attempts, stage.log.lines], [4, []]);
  });

  test('that is gone is not waited for for ever, and what is lost is said', async () => {
    const stage = new Leaving();
    stage.flush = async () => {
      stage.problem = 'nobody answers';
    };
    await stage.leave();
    assert.deepEqual(stage.log.lines, ['error finished downloads and traffic of accounts are lost']);
    assert.deepEqual(stage.log.fields, [{ downloads: 7, accounts: 2, reason: 'nobody answers' }]);
    assert.deepEqual(stage.called, ['unfollow', 'close']);
    await stage.clock.run(60_000);
  });

  test('that hangs is not waited for, whatever it is doing', async () => {
    for (const parts of [
      { follower: { [Symbol.asyncDispose]: hangs } },
      { database: { close: hangs } },
      { follower: { [Symbol.asyncDispose]: hangs }, database: { close: hangs } },
    ]) {
      const stage = new Leaving();
      stage.flush = hangs;
      await stage.leave(parts);
      assert.deepEqual(stage.log.fields, [{ downloads: 7, accounts: 2, reason: 'the database does not answer' }]);
    }
  });

  test('is given what is left although a look at it hangs', async () => {
    const stage = new Leaving();
    await stage.leave({ follower: { [Symbol.asyncDispose]: hangs } });
    assert.deepEqual([stage.left, stage.log.lines], [0, []]);
  });
});
