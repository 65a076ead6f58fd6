import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type BreakerVerdict, CircuitBreakers } from './circuit-breaker.ts';

/** Services that answer or fail as they are told, and their breakers. */
class Scene {
  readonly clock = new ManualClock();
  readonly breakers: CircuitBreakers = new CircuitBreakers(
    { first: 10_000, longest: 30_000 },
    this.clock,
    (error) => (error as Error).message as BreakerVerdict,
  );
  asked = 0;
  answer: () => Promise<string> = async () => 'well';

  /** The answer, or what was wrong. */
  ask(service = 'a'): Promise<string> {
    return this.breakers
      .run(service, () => {
        this.asked++;
        return this.answer();
      })
      .catch((error: unknown) => (error as Error).message);
  }

  fail(how: BreakerVerdict = 'failed'): void {
    this.answer = () => Promise.reject(new Error(how));
  }
}

describe('a circuit breaker', () => {
  it('lets calls through while the service answers', async () => {
    const scene = new Scene();
    assert.deepEqual([await scene.ask(), await scene.ask()], ['well', 'well']);
    assert.deepEqual([scene.asked, scene.breakers.open, scene.breakers.spared], [2, 0, 0]);
  });

  it('spares a service that failed, and tells what was wrong', async () => {
    const scene = new Scene();
    scene.fail();
    await scene.ask();
    scene.clock.advance(9_999);
    assert.equal(await scene.ask(), 'failed');
    assert.deepEqual([scene.asked, scene.breakers.open, scene.breakers.spared], [1, 1, 1]);
    assert.equal(await scene.ask('b'), 'failed');
    assert.equal(scene.asked, 2);
  });

  it('lets one try when the time is over, and all when that went well', async () => {
    const scene = new Scene();
    scene.fail();
    await scene.ask();
    scene.clock.advance(10_000);
    const { promise, resolve } = Promise.withResolvers<string>();
    scene.answer = () => promise;
    const trial = scene.ask();
    assert.deepEqual([await scene.ask(), scene.asked], ['failed', 2]);
    resolve('well');
    assert.deepEqual([await trial, await scene.ask(), scene.breakers.open], ['well', 'well', 0]);
  });

  it('waits twice as long after each trial that failed, up to a limit', async () => {
    const scene = new Scene();
    scene.fail();
    await scene.ask();
    for (const wait of [10_000, 20_000, 30_000, 30_000]) {
      const before = scene.asked;
      scene.clock.advance(wait - 1);
      await scene.ask();
      assert.equal(scene.asked, before, String(wait));
      scene.clock.advance(1);
      await scene.ask();
      assert.equal(scene.asked, before + 1, String(wait));
    }
  });

  it('counts those who asked at the same time as one', async () => {
    const scene = new Scene();
    scene.fail();
    await Promise.all([scene.ask(), scene.ask(), scene.ask()]);
    scene.clock.advance(10_000);
    await scene.ask();
    assert.equal(scene.asked, 4);
  });

  it('closes when the service answers, also with an error', async () => {
    const scene = new Scene();
    scene.fail();
    await scene.ask();
    scene.clock.advance(10_000);
    scene.fail('answered');
    await scene.ask();
    assert.deepEqual([await scene.ask(), scene.asked, scene.breakers.open], ['answered', 3, 0]);
  });

  it('lets another one try when the first gave up', async () => {
    const scene = new Scene();
    scene.fail();
    await scene.ask();
    scene.clock.advance(10_000);
    scene.fail('unknown');
    await scene.ask();
    scene.answer = async () => 'well';
    assert.equal(await scene.ask(), 'well');
  });

  it('forgets when it is told to', async () => {
    const scene = new Scene();
    scene.fail();
    await scene.ask();
    scene.breakers.forget();
    await scene.ask();
    assert.deepEqual([scene.asked, scene.breakers.open], [2, 1]);
  });

  it('remembers a thousand services, not more', async () => {
    const scene = new Scene();
    scene.fail();
    for (let i = 0; i <= 1000; i++) await scene.ask(String(i));
    scene.answer = async () => 'well';
    assert.deepEqual([scene.breakers.open, await scene.ask('0'), await scene.ask('1')], [1000, 'well', 'failed']);
  });
});
