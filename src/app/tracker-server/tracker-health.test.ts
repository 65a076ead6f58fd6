import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { FakeLog } from './state/fakes.test.ts';
import { TrackerHealth } from './tracker-health.ts';

const state = { busy: 0, lag: 0, webSockets: 0, traffic: [], at: 0 };

function healthOn(clock: SimClock, log: FakeLog, checkDatabase: () => Promise<void> = async () => {}): TrackerHealth {
  return new TrackerHealth({
    clock,
    logger: log,
    threads: () => [state],
    checkDatabase,
    databaseProblem: () => null,
    swarmsProblem: () => null,
    certificateProblem: () => null,
    configProblem: () => null,
    directory: null,
  });
}

describe('the health of a tracker', () => {
  test('says once that a thread does not answer', async () => {
    const [clock, log] = [new SimClock(), new FakeLog()];
    await using _health = healthOn(clock, log);
    await clock.run(60_000);
    assert.deepEqual(log.lines, ['warn degraded']);
    assert.deepEqual(log.fields, [{ check: 'threads', problem: 'thread 0 does not answer' }]);
  });

  test('says nothing more once it is disposed of, and waits for no look under way', async () => {
    const [clock, log] = [new SimClock(), new FakeLog()];
    const look = Promise.withResolvers<void>();
    const health = healthOn(clock, log, () => look.promise);
    await clock.run(12_000);
    await health[Symbol.asyncDispose]();
    look.resolve();
    const { fired } = clock;
    await clock.run(60_000);
    assert.deepEqual([log.lines, clock.fired], [[], fired]);
  });
});
